"""A model's page from the snapshot: what was read about it, where, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from core.explore.facts import said_bytes, said_list, said_number
from core.explore.gap_topics import TOPICS
from core.explore.licences import Licence, licence_of
from core.explore.snapshot_file import SnapshotModel
from core.explore.types import Fact, Gap, Open

_UNTOLD = "The snapshot holds facts, not cards: read the card on the Hub once it can be reached."
_CLOSED = "This model is closed, so the Hub has no card of it."


def snapshot_licence(model: SnapshotModel) -> Licence | None:
    """Return the licence that the snapshot names, or None."""
    return licence_of(model.licence) if model.licence else None


def snapshot_note(model: SnapshotModel) -> str:
    """Return why there is no card to read."""
    return _CLOSED if model.closed else _UNTOLD


def snapshot_facts(model: SnapshotModel) -> tuple[Fact, ...]:
    """Return what the snapshot knows, in the order of the facts of a model on the Hub."""
    return tuple(
        Fact(name, " ".join(filter(None, (value, _noted(note)))), _source(model, field))
        for name, value, note, field in _told(model)
        if value
    )


def snapshot_gaps(model: SnapshotModel) -> tuple[Gap, ...]:
    """Return what neither the card nor anything else that the snapshot rests on says.

    Of closed models it holds less, so less can be told about what they leave out.
    """
    missing = {"training data": model.data_open is Open.NO}
    if not model.closed:
        missing |= {
            "licence": not model.licence,
            "training data": model.data_open is Open.NO or not model.training_data,
            "languages": not model.languages,
            "intended use": not model.intended_use,
            "limitations or bias": not model.limitations,
            "how it was trained": model.code_open is Open.NO and model.paper_open is Open.NO,
        }
    return tuple(Gap(topic.name, topic.why) for topic in TOPICS if missing.get(topic.name))


def _told(model: SnapshotModel) -> Iterator[tuple[str, str, str, str]]:
    """Yield each fact's name, value, note, and the name under which its confidence is kept."""
    yield "Licence", _licence(model), model.licence_note, "licence"
    parameters = said_number(model.parameters) if model.parameters else ""
    yield "Parameters", parameters, model.parameters_note, "parameters"
    size = said_bytes(model.weights_bytes) if model.weights_bytes else ""
    about = "about " if size and not model.weights_exact else ""
    yield "Size of the weights", about + size, model.weights_note, "weights_size_bytes"
    yield "Task", model.task, "", "task"
    yield "Languages", said_list(model.languages), model.languages_note, "languages"
    yield "Training data", model.training_data, "", "training_data"
    yield "Base model", said_list(model.base_models), "", "base_models"
    yield "Gated", _gated(model), model.gated_note, "gated"
    yield "How to reach it", model.access, "", "access"
    yield "Price", model.price, "", "price"
    yield "Developer", model.developer, "", "developer"
    yield "Architecture", model.architecture, "", "architecture"
    context = f"{model.context_tokens:,} tokens" if model.context_tokens else ""
    yield "Context length", context, model.context_note, "context_length"
    yield "Safetensors", _safetensors(model), model.safetensors_note, "safetensors"
    yield "Revision", model.revision, "", "revision"
    yield "Released", model.released, model.released_note, "released"
    yield "Intended use", model.intended_use, "", "intended_use"
    yield "Limitations", model.limitations, "", "limitations"
    yield "Documentation", model.documentation, "", "documentation"
    yield "Note", " ".join(filter(None, (model.id_note, model.note))), "", "note"
    yield "In doubt", "; ".join(model.uncertain), "", "uncertain"
    yield "Sources", "; ".join(model.sources), "", "sources"


def _source(model: SnapshotModel, field: str) -> str:
    sure = model.confidence.get(field) or model.confidence.get("overall", "")
    plain = field in {"note", "uncertain", "sources"} or not sure
    return "the snapshot" if plain else f"the snapshot, confidence {sure}"


def _noted(note: str) -> str:
    return f"({note.rstrip('.')})" if note else ""


def _licence(model: SnapshotModel) -> str:
    licence = snapshot_licence(model)
    if licence is None:
        return ""
    name = model.licence_name or licence.name
    return f"{name} ({licence.tag}): {licence.verdict}. {licence.terms}".strip()


def _gated(model: SnapshotModel) -> str:
    if model.gated is None:
        return ""
    return "yes: its terms have to be accepted first" if model.gated else "no"


def _safetensors(model: SnapshotModel) -> str:
    if model.safetensors is None:
        return ""
    if model.safetensors:
        return "yes"
    return "no: only pickle files, which can run code when they are opened"
