"""The facts panel of a model: each fact with who says so."""

from __future__ import annotations

from collections.abc import Iterator

from core.bounds import text
from core.explore.model_record import ModelRecord
from core.explore.types import Fact, Origin

_CARD = "the card's metadata, `{}`"
_MOST_SHOWN = 12
_RELATIONS = {
    "finetune": "fine-tuned from",
    "quantized": "quantised from",
    "adapter": "adapter for",
    "merge": "merged from",
}
_GATES = {
    "": "no, anybody can download it",
    "auto": "yes: log in and accept the terms, then it opens by itself",
    "manual": "yes: log in and ask; its owner decides about each request",
    "yes": "yes: its terms have to be accepted first",
}
_COUNTED = {
    Origin.LIVE: "counted by the Hub in the headers of the weights",
    Origin.HERE: "counted in the headers of the weights",
}
_TOLD = {Origin.LIVE: "the Hub's record", Origin.HERE: "this lab's catalogue"}
_TAGGED = {Origin.LIVE: "the Hub's tags", Origin.HERE: "the header of the GGUF file"}
_LISTED = {Origin.LIVE: "the Hub's list of files", Origin.HERE: "the files on this machine"}
_CONFIG = {
    Origin.LIVE: "`config.json`, as the Hub's record has it",
    Origin.HERE: "`config.json` in the folder, or the header of the GGUF file",
}


def facts_of(record: ModelRecord) -> tuple[Fact, ...]:
    """Return what is known of a model, in the order in which it is shown."""
    return tuple(_facts(record))


def _facts(record: ModelRecord) -> Iterator[Fact]:
    told, counted = _TOLD[record.origin], _COUNTED[record.origin]
    yield from _licence(record)
    if record.parameters:
        yield Fact("Parameters", said_number(record.parameters), counted)
    yield from _size(record)
    if record.dtypes:
        shown = ", ".join(f"{name} ({number:,} values)" for name, number in record.dtypes)
        yield Fact("Precision", shown, counted)
    if record.task:
        yield Fact("Task", record.task, told)
    if record.languages:
        yield Fact("Languages", said_list(record.languages), _CARD.format("language"))
    if record.datasets:
        source = _CARD.format("datasets") if record.metadata.get("datasets") else "the Hub's tags"
        yield Fact("Training datasets", said_list(record.datasets), source)
    if record.base_models:
        yield _base_model(record)
    if record.gated is not None:
        yield Fact("Gated", _GATES[record.gated], told)
    library = record.library or text(record.metadata.get("library_name"))
    if library:
        yield Fact("Library", library, told if record.library else _CARD.format("library_name"))
    if record.architecture or record.model_type:
        names = dict.fromkeys(filter(None, (record.architecture, record.model_type)))
        yield Fact("Architecture", ", ".join(names), _CONFIG[record.origin])
    if record.context_tokens:
        yield Fact("Context length", f"{record.context_tokens:,} tokens", _CONFIG[record.origin])
    if record.sha:
        yield Fact("Revision", record.sha, told)
    if record.changed:
        yield Fact("Last change", f"{record.changed:%Y-%m-%d}", told)
    if record.downloads is not None:
        yield Fact("Downloads", f"{record.downloads:,} in the last 30 days", told)
    if record.likes is not None:
        yield Fact("Likes", f"{record.likes:,}", told)


def _licence(record: ModelRecord) -> Iterator[Fact]:
    if (licence := record.licence) is None:
        return
    source = _CARD.format("license") if record.metadata.get("license") else _TAGGED[record.origin]
    own_name = text(record.metadata.get("license_name"), longest=100)
    name = own_name if licence.tag == "other" and own_name else licence.name
    tag = "" if licence.tag.lower() == name.lower() else f" ({licence.tag})"
    said = f"{name}{tag}: {licence.verdict}. {licence.terms}"
    yield Fact("Licence", said.strip(), source)


def _size(record: ModelRecord) -> Iterator[Fact]:
    size = record.weights_bytes
    if not size:
        return
    files = record.weights
    sizes = [file.size_bytes for file in files if file.size_bytes]
    if record.is_gguf and len(sizes) > 1:
        span = f"{said_bytes(min(sizes))} to {said_bytes(max(sizes))}"
        said = f"{span}: {len(sizes)} GGUF files, of which one is enough"
    else:
        parts = sorted(record.dtype_bytes.items(), key=lambda part: -part[1])
        by_type = ", ".join(f"{name} {said_bytes(number)}" for name, number in parts)
        said = f"{said_bytes(size)} ({by_type})" if by_type else said_bytes(size)
    source = _LISTED[record.origin] if sizes else "parameters times bytes per value"
    yield Fact("Size of the weights", said, source)


def _base_model(record: ModelRecord) -> Fact:
    source = _CARD.format("base_model") if record.metadata.get("base_model") else "the Hub's tags"
    how = _RELATIONS.get(record.relation, "made from")
    return Fact("Base model", f"{how} {said_list(record.base_models)}", source)


def said_number(number: int) -> str:
    """Return a number of parameters exactly, and in words where it is large."""
    for unit, name in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if number >= unit:
            return f"{number:,} ({number / unit:.3g} {name})"
    return f"{number:,}"


def said_bytes(number: int) -> str:
    """Return a number of bytes as people write it: 270 MB, 2.5 GB."""
    if number >= 1e9:
        return f"{number / 1e9:,.1f} GB"
    return f"{number / 1e6:.0f} MB" if number >= 1e7 else f"{max(0.1, number / 1e6):.1f} MB"


def said_list(names: tuple[str, ...]) -> str:
    """Return names with commas between; what is too many is counted."""
    shown = ", ".join(names[:_MOST_SHOWN])
    more = len(names) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
