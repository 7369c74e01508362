"""The starter story writer."""

from starters.stories.data import examples

__all__ = ["examples"]
