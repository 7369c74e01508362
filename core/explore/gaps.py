"""What a model card does not say, told as plainly as what it says.

A topic counts as told when the metadata hold it, when a heading about it has words under it, or
when a sentence of the body is about it. Templates that nobody filled in tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.bounds import text
from core.card import Section, sections
from core.explore.gap_topics import DERIVED, TOPICS, Topic
from core.explore.model_record import ModelRecord
from core.explore.types import Gap, Origin

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```|~~~).*?(?:^ {0,3}(?P=fence)|\Z)", re.DOTALL | re.MULTILINE
)
_EMPTY = re.compile(
    r"more information (?:is )?needed|\[needs more information\]|\bn/a\b"
    r"|\bto be (?:added|announced)|\btbd\b|\btodo\b|coming soon|information is missing"
    r"|\bnot (?:yet )?(?:available|provided)\b",
    re.IGNORECASE,
)
# Sentences that the Hub's and the Trainer's templates write by themselves.
_BOILERPLATE = re.compile(
    r"carbon emissions can be estimated using|should be made aware of the risks, biases and"
    r"|on an unknown dataset|on the none dataset|has been generated automatically"
    r"|use the code below to get started|this section describes|this should link to"
    r"|you should probably proofread|has been pushed on the hub"
    r"|presented in \[?lacoste",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_HEADING = re.compile(
    r"^ {0,3}#.*$|^[^\n]{1,200}\n {0,3}(?:=+|-+)[ \t]*$|^[ \t]*<h[1-6]\b.*$"
    r"|^ {0,3}\*\*[^*\n]{1,100}\*\*:?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LETTER = re.compile(r"[^\W\d_]")
_FEWEST_LETTERS = 12
_MOST_SENTENCES = 8000
_LONGEST_SENTENCE = 2000


def gaps_of(record: ModelRecord, body: str) -> tuple[Gap, ...]:
    """Return what the card with that body and the record's metadata do not say."""
    parts = _filled(sections(_COMMENT.sub("", body)))
    sentences = _sentences(body)
    return tuple(
        Gap(topic.name, topic.why)
        for topic in TOPICS
        if not (
            _in_metadata(topic, record)
            or any(topic.heading.search(title) for title in parts)
            or any(_tells(topic, sentence) for sentence in sentences)
        )
        and (topic.name != "base model" or _is_derived(record, sentences))
    )


def _filled(found: Iterable[Section]) -> list[str]:
    """Return the titles under which, up to the next heading of their rank, something stands."""
    filled: list[str] = []
    open_titles: list[Section] = []
    for section in found:
        while open_titles and open_titles[-1].level >= section.level:
            open_titles.pop()
        open_titles.append(section)
        if _says_something(section.text):
            filled += [one.title for one in open_titles if one.title]
            # Each title is told once, however many parts it has.
            open_titles = [Section(one.level, "", "") for one in open_titles]
    return filled


def _says_something(words: str) -> bool:
    told = "".join(line for line in words.split("\n") if not _is_empty(line))
    return len(_LETTER.findall(told[:5000])) >= _FEWEST_LETTERS


def _is_empty(line: str) -> bool:
    return bool(_EMPTY.search(line[:_LONGEST_SENTENCE]) or _BOILERPLATE.search(line[:1000]))


def _sentences(body: str) -> list[str]:
    # A heading is no sentence: it announces one.
    prose = _HEADING.sub("", _CODE.sub("", _COMMENT.sub("", body)))
    # Lines are wrapped; only an empty one, a list or a table ends a sentence by itself.
    prose = re.sub(r"(?<=\w[\w,])\n(?=[\w*`\[(])", " ", prose)
    parts = _SENTENCE.split(prose)[:_MOST_SENTENCES]
    return [part[:_LONGEST_SENTENCE].lower() for part in parts if part and not _is_empty(part)]


def _tells(topic: Topic, sentence: str) -> bool:
    return any(all(word.search(sentence) for word in words) for words in topic.sentences)


def _in_metadata(topic: Topic, record: ModelRecord) -> bool:
    if topic.name == "licence":
        return record.licence is not None and record.licence.tag not in {"unknown", ""}
    if topic.name == "training data":
        return bool(record.datasets)
    if topic.name == "base model":
        return bool(record.base_models)
    return any(_is_said(record.metadata.get(key)) for key in topic.metadata)


def _is_said(value: object) -> bool:
    if isinstance(value, dict | list | tuple):
        return any(
            _is_said(item) for item in (value.values() if isinstance(value, dict) else value)
        )
    said = text(value)
    return bool(said) and not _EMPTY.search(said)


def _is_derived(record: ModelRecord, sentences: Iterable[str]) -> bool:
    # Llama.cpp's format is what others make of a model.
    if record.is_gguf and record.origin is Origin.LIVE:
        return True
    named = " ".join((record.id, record.library, *record.tags)).lower()
    return bool(DERIVED.search(named)) or any("fine-tuned version" in one for one in sentences)
