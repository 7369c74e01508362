"""A repository of the loopback Hub: a folder, and what the Hub would read out of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path

import yaml

LARGE = (".safetensors", ".bin", ".pt", ".gguf", ".parquet")

_DAY = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---", re.DOTALL)
_LONGEST_HEADER_BYTES = 10_000_000


@dataclass(frozen=True)
class Repo:
    """A repository: the files of `folder`, at one commit that `branch` names.

    What is None is taken from the card's metadata, where the Hub takes it from. `tags` are added
    to those that the Hub makes of the metadata. `says` replaces properties of the Hub's answer
    about the repository, as they are named there: for what no card and no file can bring about.
    """

    id: str
    folder: Path
    branch: str = "main"
    gated: bool | str = False
    tags: tuple[str, ...] = ()
    downloads: int = 0
    kind: str = field(default="model", kw_only=True)
    private: bool = field(default=False, kw_only=True)
    likes: int = field(default=0, kw_only=True)
    trending_score: int = field(default=0, kw_only=True)
    created_at: datetime = field(default=_DAY, kw_only=True)
    last_modified: datetime = field(default=_DAY, kw_only=True)
    pipeline_tag: str | None = field(default=None, kw_only=True)
    library_name: str | None = field(default=None, kw_only=True)
    sdk: str | None = field(default=None, kw_only=True)
    card_data: Mapping[str, object] | None = field(default=None, kw_only=True, hash=False)
    says: Mapping[str, object] = field(default_factory=dict, kw_only=True, hash=False)

    @property
    def commit(self) -> str:
        """Return its commit, as long as a real one."""
        return hashlib.sha1(self.id.encode(), usedforsecurity=False).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of its files."""
        every = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return tuple(path.relative_to(self.folder).as_posix() for path in every)

    @cached_property
    def metadata(self) -> Mapping[str, object]:
        """Return the metadata of its card, which is empty where there is none to understand."""
        if self.card_data is not None:
            return self.card_data
        card = self.folder / "README.md"
        text = card.read_text(errors="replace") if card.is_file() else ""
        try:
            found = _FRONT_MATTER.match(text)
            read = yaml.safe_load(found[1]) if found else {}
        except (yaml.YAMLError, RecursionError):
            return {}
        # Dates become text, as in JSON.
        return json.loads(json.dumps(read, default=str)) if isinstance(read, dict) else {}

    @cached_property
    def task(self) -> str | None:
        """Return its pipeline tag."""
        return self.pipeline_tag or _text(self.metadata.get("pipeline_tag"))

    @cached_property
    def library(self) -> str | None:
        """Return the library that it is for."""
        return self.library_name or _text(self.metadata.get("library_name"))

    @cached_property
    def made_with(self) -> str | None:
        """Return what a Space is made with."""
        return self.sdk or _text(self.metadata.get("sdk"))

    @cached_property
    def every_tag(self) -> tuple[str, ...]:
        """Return its tags: those that the Hub makes of metadata and files, and its own."""
        metadata, names = self.metadata, self.files
        made = [self.library, self.task] if self.kind == "model" else [self.made_with]
        made += [f"license:{licence}" for licence in _texts(metadata.get("license"))]
        plain = "" if self.kind == "model" else "language:"
        made += [f"{plain}{language}" for language in _texts(metadata.get("language"))]
        for key, prefix in (
            *(("datasets", "dataset:"), ("base_model", "base_model:")),
            *(("task_categories", "task_categories:"), ("size_categories", "size_categories:")),
            ("tags", ""),
        ):
            made += [f"{prefix}{value}" for value in _texts(metadata.get(key))]
        if relation := _text(metadata.get("base_model_relation")):
            made += [f"base_model:{relation}:{base}" for base in _texts(metadata.get("base_model"))]
        made += [kind for kind in ("safetensors", "gguf") if any(n.endswith(kind) for n in names)]
        every = dict.fromkeys([*filter(None, made), *self.tags])
        return (*every, "region:us") if "region:us" not in every else tuple(every)

    @cached_property
    def parameters(self) -> Mapping[str, int]:
        """Return how many parameters of each type its safetensors files hold, by their headers."""
        count: Counter[str] = Counter()
        for path in sorted(self.folder.glob("*.safetensors")):
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = file.read(min(length, _LONGEST_HEADER_BYTES))
            try:
                tensors = json.loads(header)
                tensors.pop("__metadata__", None)
                for tensor in tensors.values():
                    count[tensor["dtype"]] += prod(tensor["shape"])
            # Tests publish broken files as well; the Hub says nothing about those.
            except (ValueError, TypeError, KeyError, AttributeError):
                return {}
        return count

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self.folder / name).read_bytes()

    def digests(self, name: str) -> tuple[str, str]:
        """Return a file's git object id and SHA-256."""
        status = (self.folder / name).stat()
        return _digests(self.folder / name, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1000)
def _digests(path: Path, _changed_ns: int, _size: int) -> tuple[str, str]:
    content = path.read_bytes()
    blob = b"blob %d\0" % len(content) + content
    oid = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
    return oid, hashlib.sha256(content).hexdigest()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text]
