"""Customer feedback on three products, with its sentiment."""

from starters.feedback.data import examples

__all__ = ["examples"]
