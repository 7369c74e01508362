"""Entries of what happens in the lab: what is worth keeping of a run, a page, a training."""

from __future__ import annotations

from dataclasses import replace

from core.explore.types import Kind, ModelPage, RepoPage
from core.inference.types import Request, Result
from core.work.entries import PageRead, Run

_LONGEST_TEXT = 20_000
_MOST_CHOICES = 300
_MOST_FACTS = 40


def run_made(request: Request, result: Result, *, place: str = "test") -> Run:
    """Return a run as it is kept: whose it was is left out, and what is endless is cut."""
    return Run(
        request=replace(request, learner="", inputs=request.inputs[:_LONGEST_TEXT]),
        result=replace(
            result,
            output=result.output[:_LONGEST_TEXT],
            choices=result.choices[:_MOST_CHOICES],
        ),
        place=place,
    )


def page_read(page: ModelPage | RepoPage) -> PageRead:
    """Return what the page of a model, dataset or Space said when it was opened."""
    read = PageRead(
        kind=page.kind if isinstance(page, RepoPage) else Kind.MODEL,
        id=page.id,
        origin=page.origin,
        gaps=tuple(gap.name for gap in page.gaps),
        facts=page.facts[:_MOST_FACTS],
    )
    if isinstance(page, RepoPage):
        return read
    return replace(
        read,
        task=page.task,
        revision=page.revision,
        parameters=page.parameters,
        gated=page.gated,
        licence=page.licence,
        datasets=page.datasets,
        verdict=page.openness.verdict,
    )
