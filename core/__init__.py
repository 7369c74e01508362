"""The lab without its screens: models, runs, comparisons, lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.pipelines import pipeline

__all__ = ["pipeline"]


def __getattr__(name: str) -> Any:
    # Opening a page must not pay for what only a run needs.
    if name == "pipeline":
        from core.pipelines import pipeline

        return pipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
