"""The Hub's pipeline tags, and what the course calls some of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.once import Once

TAGS_FILE = Path(__file__).with_name("pipeline_tags.yaml")

_KEYS = {"tag": str, "label": str, "group": str, "words": list}


@dataclass(frozen=True)
class PipelineTag:
    """One task as the Hub names it; `words` are other names for it."""

    tag: str
    label: str
    group: str
    words: tuple[str, ...] = ()


@Once
def all_tags() -> tuple[PipelineTag, ...]:
    """Return every pipeline tag, the course's three first, read once a process."""
    return read_tags()


def tag_of(word: str) -> PipelineTag | None:
    """Return the pipeline tag that `word` names: a tag, a label, or the course's word for one."""
    sought = _plain(word)
    for tag in all_tags():
        if sought in map(_plain, (tag.tag, tag.label, *tag.words)):
            return tag
    return None


def read_tags(path: Path = TAGS_FILE) -> tuple[PipelineTag, ...]:
    """Return what `path` lists.

    Raises:
        ContentError: an entry is malformed or names what another names; tells file and line.
    """
    root = compose(path, read_text(path), first_line=1)
    if not isinstance(root, yaml.SequenceNode):
        raise error_at(path, 1, "expected a list of pipeline tags.")
    tags: list[PipelineTag] = []
    taken: set[str] = set()
    for node in root.value:
        fields = fields_of(path, node, 1, _KEYS, optional={"words"})
        tag = PipelineTag(**{**fields, "words": tuple(map(str, fields.get("words", ())))})
        names = set(map(_plain, (tag.tag, tag.label, *tag.words)))
        if twice := names & taken:
            raise error_at(path, node.start_mark.line + 1, f"{twice.pop()!r} is taken already.")
        taken |= names
        tags.append(tag)
    return tuple(tags)


def _plain(word: str) -> str:
    return "-".join(word.casefold().replace("_", " ").replace("-", " ").split())
