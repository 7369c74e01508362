"""Customer feedback on three products, with its sentiment."""

from starters.feedback.data import examples, splits

__all__ = ["examples", "splits"]
