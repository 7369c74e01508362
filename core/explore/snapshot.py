"""The models that are in the repository as data, searched when the Hub cannot be reached."""

from __future__ import annotations

from core.explore.matching import Known, matches
from core.explore.snapshot_file import Snapshot, SnapshotModel, read_snapshot
from core.explore.types import PAGE_SIZE, Found, Kind, Origin, Query, Results
from core.once import Once

__all__ = ["Snapshot", "SnapshotModel", "search_snapshot", "snapshot"]


@Once
def snapshot() -> Snapshot:
    """Return the snapshot of this process, read once."""
    return read_snapshot()


def search_snapshot(query: Query) -> Results:
    """Return the page of `query` from the snapshot, which has models alone, in its own order."""
    known = snapshot()
    found = [_found(model) for model in known.models if matches(query, _known(model))]
    start = (max(1, query.page) - 1) * PAGE_SIZE
    page = tuple(found[start : start + PAGE_SIZE])
    more = len(found) > start + PAGE_SIZE
    return Results(Origin.SNAPSHOT, known.asked_at, page, more)


def _known(model: SnapshotModel) -> Known:
    return Known(
        words=" ".join((model.id, model.family, model.developer)),
        tasks=(model.task,),
        licence=model.licence,
        languages=model.languages,
        parameters=model.parameters,
        gated=model.gated,
    )


def _found(model: SnapshotModel) -> Found:
    return Found(
        kind=Kind.MODEL,
        id=model.id,
        origin=Origin.SNAPSHOT,
        task=model.task,
        parameters=model.parameters,
        size_bytes=model.weights_bytes,
        licence=model.licence,
        languages=model.languages,
        gated=model.gated,
        summary=model.access if model.closed else model.intended_use,
    )
