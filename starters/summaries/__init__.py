"""The starter summarisers."""

from starters.summaries.data import examples

__all__ = ["examples"]
