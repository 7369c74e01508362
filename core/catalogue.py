"""The models the lab knows: its own starters, picks from the Hub, and folders of this machine.

What a student trained is an entry as well, which the lab lends to that student alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from core.catalogue_file import HubPick, ListedStarter, read_listing
from core.errors import RefusedModelError, UnknownModelError
from core.inference.types import Task
from core.model_folder import inspect_folder
from core.once import Once
from core.quantised import GgufVariant, QuantisedModel, quantised, quantised_in
from core.settings import STARTERS, Settings, settings

# The reference engine computes in 32-bit floats; the rest is activations and cache (measured).
_BYTES_PER_PARAMETER = 4
_WORKING_BYTES = 16 * 1024**2

Source = Literal["starter", "hub", "local", "trained"]


@dataclass(frozen=True)
class ModelEntry:
    """One model: what it is, where it comes from, and why it cannot run here if it cannot.

    `memory_bytes` is what it takes once loaded; `download_bytes` is 0 for what is on this machine.
    `gguf` are the files of it that llama.cpp can run here, the preferred first. A model with some
    is usable even where transformers cannot run it; `reference_refusal` then says why not.
    """

    id: str
    source: Source
    tasks: tuple[Task, ...]
    summary: str
    revision: str
    parameters: int
    memory_bytes: int
    model_type: str = ""
    licence: str = ""
    gated: bool = False
    download_bytes: int = 0
    path: Path | None = None
    aliases: tuple[str, ...] = ()
    refusal: str = ""
    gguf: tuple[GgufVariant, ...] = ()
    reference_refusal: str = ""

    @property
    def usable(self) -> bool:
        """Whether the lab would load it."""
        return not self.refusal


@dataclass(frozen=True)
class Catalogue:
    """The models in the order in which they are offered."""

    entries: tuple[ModelEntry, ...]

    def get(self, model_id: str) -> ModelEntry | None:
        """Return the model with that id or alias, None if there is none."""
        known = (e for e in self.entries if model_id == e.id or model_id in e.aliases)
        return next(known, None)

    def find(self, model_id: str) -> ModelEntry:
        """Return the model with that id or alias.

        Raises:
            UnknownModelError: there is none; the message names the closest.
        """
        if entry := self.get(model_id):
            return entry
        names = [name for entry in self.entries for name in (entry.id, *entry.aliases)]
        close = get_close_matches(model_id, names, n=1, cutoff=0.5)
        raise UnknownModelError(
            f"The lab does not know a model called {model_id[:100]!r}.",
            next_step=f"Did you mean {close[0]}?" if close else "Choose one from the list.",
        )

    def with_entry(self, entry: ModelEntry) -> Catalogue:
        """Return this catalogue with `entry` in place of the one of its id, or at the end."""
        if all(known.id != entry.id for known in self.entries):
            return Catalogue((*self.entries, entry))
        return Catalogue(tuple(entry if known.id == entry.id else known for known in self.entries))

    def for_task(self, task: Task) -> tuple[ModelEntry, ...]:
        """Return the models for `task`, usable or not, starters first."""
        return tuple(entry for entry in self.entries if task in entry.tasks)

    @property
    def refused_folders(self) -> tuple[ModelEntry, ...]:
        """Return the local folders of which not even the task could be told."""
        return tuple(entry for entry in self.entries if not entry.tasks)


@Once
def catalogue() -> Catalogue:
    """Return the catalogue of this process, read once."""
    return build_catalogue(settings())


def build_catalogue(limits: Settings, *, starters: Path = STARTERS) -> Catalogue:
    """Read the catalogue file, the starters and the models directory of `limits`."""
    listed = read_listing()
    entries = (
        *_starter_entries(listed.starters, starters),
        *_local_entries(limits.models_dir),
        *(_hub_entry(pick) for pick in listed.hub),
    )
    return Catalogue(tuple(within_budget(entry, limits) for entry in entries))


def _starter_entries(starters: Iterable[ListedStarter], folder: Path) -> Iterable[ModelEntry]:
    for starter in starters:
        # A starter that has not been trained yet does not exist for the learner.
        if (folder / starter.name).is_dir():
            yield _folder_entry(folder / starter.name, "starter", starter.summary)


def _local_entries(folder: Path | None) -> Iterable[ModelEntry]:
    if folder is None:
        return
    try:
        paths = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
        folders = [path for path in paths if path.is_dir()]
        files = [path for path in paths if path.suffix == ".gguf" and path.is_file()]
    # A folder that is missing or closed to the lab offers no models; the others still run.
    except OSError:
        return
    for path in folders:
        yield _folder_entry(path, "local", f"From {path.name}.")
    taken = {path.name for path in folders}
    for path in files:
        yield _file_entry(path, path.name if path.stem in taken else path.stem)


def _folder_entry(path: Path, source: Source, summary: str) -> ModelEntry:
    model_id = f"{source}/{path.name}"
    if not path.name.isprintable():
        return _unnameable(source, path)
    try:
        if next(path.glob("*.safetensors"), None) is None and (found := quantised_in(path)):
            return _gguf_entry(model_id, source, path, summary, found)
        facts = inspect_folder(path)
    except RefusedModelError as error:
        return _refused(model_id, source, path, str(error))
    return ModelEntry(
        id=model_id,
        source=source,
        tasks=facts.tasks,
        summary=summary,
        revision="in this repository" if source == "starter" else "folder on this machine",
        parameters=facts.parameters,
        memory_bytes=reference_bytes(facts.parameters),
        model_type=facts.model_type,
        licence=licence_of(facts.card.get("license")),
        path=facts.path,
        gguf=_beside(path) if Task.TEXT_GENERATION in facts.tasks else (),
    )


def _file_entry(path: Path, name: str) -> ModelEntry:
    if not name.isprintable():
        return _unnameable("local", path)
    try:
        found = quantised([path], name=name)
    except RefusedModelError as error:
        return _refused(f"local/{name}", "local", path, str(error))
    return _gguf_entry(f"local/{name}", "local", path, f"From {path.name}.", found)


def _gguf_entry(
    model_id: str, source: Source, path: Path, summary: str, found: QuantisedModel
) -> ModelEntry:
    return ModelEntry(
        id=model_id,
        source=source,
        tasks=(Task.TEXT_GENERATION,),
        summary=summary,
        revision="file on this machine" if path.is_file() else "folder on this machine",
        parameters=found.facts.parameters,
        memory_bytes=min(variant.memory_bytes for variant in found.variants),
        model_type=found.facts.architecture,
        licence=found.facts.licence,
        path=path,
        gguf=found.variants,
        reference_refusal=f"{model_id} is here as GGUF only, which transformers does not run.",
    )


def _beside(folder: Path) -> tuple[GgufVariant, ...]:
    """Return the GGUF files beside other weights; broken ones take nothing from these."""
    try:
        found = quantised_in(folder)
    except RefusedModelError:
        return ()
    return found.variants if found else ()


def _unnameable(source: Source, path: Path) -> ModelEntry:
    shown = ascii(path.name)
    what = "folder" if path.is_dir() else "file"
    reason = f"The name of the {what} {shown} cannot be shown. Rename it."
    return _refused(f"{source}/{shown}", source, path, reason)


def _refused(model_id: str, source: Source, path: Path, reason: str) -> ModelEntry:
    return ModelEntry(
        id=model_id,
        source=source,
        tasks=(),
        summary="",
        revision="",
        parameters=0,
        memory_bytes=0,
        path=path,
        refusal=reason,
    )


def _hub_entry(pick: HubPick) -> ModelEntry:
    return ModelEntry(
        id=pick.id,
        source="hub",
        tasks=pick.tasks,
        summary=pick.summary,
        revision=pick.revision,
        parameters=pick.parameters,
        memory_bytes=reference_bytes(pick.parameters),
        model_type=pick.model_type,
        licence=pick.licence,
        gated=pick.gated,
        download_bytes=pick.download_bytes,
        aliases=pick.aliases,
    )


def licence_of(value: Any) -> str:
    """Return `value`, from a foreign card, if it can be the name of a licence, else nothing."""
    fits = isinstance(value, str) and len(value) <= 60 and value.isprintable()
    return value if fits else ""


def reference_bytes(parameters: int) -> int:
    """Return about how much memory so many parameters take in the reference engine."""
    return parameters * _BYTES_PER_PARAMETER + _WORKING_BYTES


def within_budget(entry: ModelEntry, limits: Settings) -> ModelEntry:
    """Return `entry` without what does not fit here, refused when nothing does."""
    if entry.refusal:
        return entry
    budget = limits.memory_budget_bytes
    fitting = tuple(variant for variant in entry.gguf if variant.memory_bytes <= budget)
    reference = entry.reference_refusal
    if not reference and entry.memory_bytes > budget:
        reference = _too_large(entry.id, entry.memory_bytes, budget)
    if fitting or not reference:
        return replace(entry, gguf=fitting, reference_refusal=reference)
    least = min([entry.memory_bytes, *(variant.memory_bytes for variant in entry.gguf)])
    return replace(entry, gguf=(), refusal=_too_large(entry.id, least, budget))


def _too_large(model_id: str, needed_bytes: int, budget_bytes: int) -> str:
    needed, granted = (f"{size / 1e9:.1f} GB" for size in (needed_bytes, budget_bytes))
    return (
        f"{model_id} needs about {needed} of memory; models may take {granted} here. "
        "Choose a smaller model, or raise OPEN_MODEL_LAB_MEMORY_MB."
    )
