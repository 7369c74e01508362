"""What exploring hands from one part to the next: a question, what was found, a model's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

PAGE_SIZE = 12


class Kind(StrEnum):
    """What the Hub hosts."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"


class Sort(StrEnum):
    """In which order results come."""

    TRENDING = "trending"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    NEWEST = "newest"


class Origin(StrEnum):
    """Where a result or a page comes from. Lists never mix two of them."""

    HERE = "on this machine"
    LIVE = "live"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Query:
    """What somebody looks for; what is empty or None is not asked about.

    `task` is a pipeline tag, `licence` the Hub's tag for one, `language` a code such as `fr`.
    `page` counts from 1.
    """

    kind: Kind = Kind.MODEL
    text: str = ""
    task: str = ""
    licence: str = ""
    language: str = ""
    min_parameters: int | None = None
    max_parameters: int | None = None
    gated: bool | None = None
    sort: Sort = Sort.TRENDING
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One result as its card shows it; None and `""` are what the source does not say.

    `size_bytes` is that of a model's weights. `sdk` is what a Space is made with.
    """

    kind: Kind
    id: str
    origin: Origin
    task: str = ""
    parameters: int | None = None
    size_bytes: int | None = None
    licence: str = ""
    languages: tuple[str, ...] = ()
    gated: bool | None = None
    downloads: int | None = None
    likes: int | None = None
    changed: date | None = None
    sdk: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Results:
    """One page of what was found in one place; `more` tells whether another page follows.

    `as_of` is when the source was asked, or what the snapshot's date is.
    """

    origin: Origin
    as_of: datetime
    found: tuple[Found, ...]
    more: bool = False


@dataclass(frozen=True)
class Answer:
    """What a question gave: on this machine, and on the Hub or in the snapshot in its place.

    `problem` says in plain words why the Hub did not answer, with the next step; "" if it did.
    """

    here: Results
    hub: Results
    problem: str = ""


@dataclass(frozen=True)
class Fact:
    """One thing that is known, and who says so."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Gap:
    """One thing that the card does not say, and why that matters."""

    name: str
    why: str


class Open(StrEnum):
    """How far one part of a model is open."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "not said"


class Verdict(StrEnum):
    """What a model may be called."""

    OPEN_SOURCE = "open-source"
    OPEN_WEIGHTS = "open-weights"
    CLOSED = "closed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Part:
    """One part of a model (weights, code, data, paper): whether it is open, and the reason."""

    name: str
    open: Open
    reason: str


@dataclass(frozen=True)
class Openness:
    """Where a model stands on the scale from closed to open-source, and why."""

    verdict: Verdict
    reason: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ModelPage:
    """All that the page of one model shows.

    `card` is the untrusted Markdown of its model card without metadata; `card_note` says why it is
    missing or cut. `address` is where the original is on the web, "" for what is only here.
    `licence` is the Hub's tag for it; `datasets` are those that the card names, in the snapshot a
    sentence on the training data.
    """

    id: str
    origin: Origin
    as_of: datetime
    task: str
    revision: str
    parameters: int | None
    size_bytes: int | None
    gated: bool
    address: str
    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    openness: Openness
    card: str = ""
    card_note: str = ""
    licence: str = ""
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The first rows of a dataset, as text; `note` says why there are none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class RepoPage:
    """All that the page of a dataset or a Space shows; as `ModelPage` for what they share."""

    kind: Kind
    id: str
    origin: Origin
    as_of: datetime
    address: str
    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...] = ()
    card: str = ""
    card_note: str = ""
