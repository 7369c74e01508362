"""Task 1: which pages of models, datasets and Spaces were read, and what they said."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block, Words
from core.explore.gap_topics import TOPICS
from core.explore.licences import Osi, licence_of
from core.explore.pipeline_tags import tag_of
from core.explore.types import Kind, Origin, Verdict
from core.words import amount, counted, in_a_sentence, listed, plain
from core.work.entries import PageRead
from core.work.work import Work

_NOUNS = {Kind.MODEL: "model", Kind.DATASET: "dataset", Kind.SPACE: "Space"}


def _known_tag(tag: str) -> str:
    if tag and tag_of(tag) is None:
        raise ValueError(f"{tag!r} is no pipeline tag")
    return tag


def _known_topic(topic: str) -> str:
    names = [known.name for known in TOPICS]
    if topic and topic not in names:
        raise ValueError(f"{topic!r} is no topic of a card; there are {', '.join(names)}")
    return topic


class PagesRead(Block):
    """Pages of one `kind` that fit the rest, `at_least` so many different ones.

    `osi` asks for a licence that the Open Source Initiative approved, `silent_on` for a topic that
    the card does not mention, `elsewhere` for something that is not on this machine already.
    """

    kind: Kind = Kind.MODEL
    task: Annotated[str, AfterValidator(_known_tag)] = ""
    elsewhere: bool = False
    min_parameters: int | None = Field(default=None, ge=1)
    max_parameters: int | None = Field(default=None, ge=1)
    gated: bool | None = None
    osi: bool = False
    silent_on: Annotated[str, AfterValidator(_known_topic)] = ""
    at_least: int = Field(default=1, ge=1, le=20)


def pages_read(work: Work, given: PagesRead) -> Finding:
    """Opened enough pages of models, datasets or Spaces that are as asked."""
    noun = _NOUNS[given.kind]
    pages = [page for page in work.of(PageRead) if page.kind is given.kind]
    if not pages:
        where = "in the list" if given.kind is Kind.MODEL else "in the list; it needs the Hub"
        return Finding(
            False, False, f"You have opened no {noun} yet. Search, and press one {where}."
        )
    steps = _page_steps(given)
    fitting = {page.id: page for page in pages if furthest([page], steps)[1] == ""}
    if len(fitting) >= given.at_least:
        return Finding(True, True, " ".join(map(_told, list(fitting.values())[-given.at_least :])))
    # Which page it has to be at all; what it has to say stands behind.
    begun = any_through(pages, steps[: bool(given.task) + given.elsewhere])
    others = [page for page in pages if page.id not in fitting]
    so_far = f"{counted(len(fitting), noun)} of {given.at_least} found. " if fitting else ""
    if not others:
        return Finding(begun, False, f"{so_far}Open another {noun}.")
    return Finding(begun, False, so_far + furthest(others, steps)[1])


def _page_steps(given: PagesRead) -> list[Step[PageRead]]:
    tag = tag_of(given.task) if given.task else None
    task = in_a_sentence(tag.label) if tag else ""
    fewest, most = given.min_parameters or 0, given.max_parameters or 10**18
    steps = []
    if given.task:
        steps.append(
            Step[PageRead](
                lambda page: page.task == given.task,
                lambda page: (
                    f"{_name(page)} {_does(page)}. Look for one for {task}: the filter "
                    "**Task** keeps the others out."
                ),
            )
        )
    if given.elsewhere:
        steps.append(
            Step(
                lambda page: page.origin is not Origin.HERE,
                lambda page: (
                    f"{_name(page)} is on this machine already. Open one that is not: from "
                    "the Hub, or without a network from the lab's own list."
                ),
            )
        )
    if given.min_parameters or given.max_parameters:
        steps.append(
            Step(
                lambda page: page.parameters is not None and fewest <= page.parameters <= most,
                lambda page: (
                    f"{_name(page)} {_has(page)}, and {_wanted(given)}. Open another; the "
                    "filter **Parameters** helps."
                ),
            )
        )
    if given.gated is not None:
        steps.append(
            Step(
                lambda page: page.gated is given.gated,
                lambda page: (
                    f"{_name(page)} is behind a gate: its terms have to be accepted first. "
                    "Look for one that is not."
                    if page.gated
                    else f"{_name(page)} is not behind a gate. Look for one that is."
                ),
            )
        )
    if given.osi:
        steps.append(
            Step(
                lambda page: licence_of(page.licence).osi is Osi.YES,
                lambda page: (
                    f"{_name(page)} {_licensed(page)}. Look for a licence that the Open "
                    "Source Initiative has approved; the line **Licence** says it."
                ),
            )
        )
    if given.silent_on:
        steps.append(
            Step(
                lambda page: given.silent_on in page.gaps,
                lambda page: (
                    f"The page of {_name(page)} does say something about "
                    f"{given.silent_on}. Look for one that is silent about it."
                ),
            )
        )
    return steps


def _name(page: PageRead) -> str:
    return f"**{plain(page.id)}**"


def _does(page: PageRead) -> str:
    tag = tag_of(page.task) if page.task else None
    return f"is for {in_a_sentence(tag.label)}" if tag else "does not say what it is for"


def _has(page: PageRead) -> str:
    if page.parameters is None:
        return "does not say how many parameters it has"
    return f"has {amount(page.parameters)} parameters"


def _wanted(given: PagesRead) -> str:
    low, high = given.min_parameters, given.max_parameters
    if high is None:
        return f"at least {amount(low or 0)} are wanted"
    if low is None:
        return f"at most {amount(high)} are wanted"
    return f"{amount(low)} to {amount(high)} are wanted"


def _licensed(page: PageRead) -> str:
    if not page.licence:
        return "names no licence, so nobody has permission to use it"
    licence = licence_of(page.licence)
    return f"comes under {plain(licence.name)}, {licence.verdict}"


def _told(page: PageRead) -> str:
    """Say what the page said, in a sentence."""
    if page.kind is not Kind.MODEL:
        return f"You opened {_name(page)}."
    parts = [_does(page), _has(page), _licensed(page)]
    if page.gated is not None:
        parts.append("is behind a gate" if page.gated else "is not gated")
    return f"{_name(page)} {listed(parts)}."


class FamiliesRead(Block):
    """Models of different families: a name for each, and words that its models' ids have."""

    families: dict[Words, tuple[Words, ...]] = Field(min_length=2)
    at_least: int = Field(default=2, ge=1)


def families_read(work: Work, given: FamiliesRead) -> Finding:
    """Opened the pages of models of so many families."""
    pages = [page for page in work.of(PageRead) if page.kind is Kind.MODEL]
    read = [
        family
        for family, words in given.families.items()
        if any(word.casefold() in page.id.casefold() for page in pages for word in words)
    ]
    wanted = min(given.at_least, len(given.families))
    if not read:
        names = listed(list(given.families), "or")
        return Finding(False, False, f"You have opened no model of {names} yet. Search for one.")
    so_far = f"You have opened {listed(read)}: {len(read)} of {wanted} families."
    if len(read) >= wanted:
        return Finding(True, True, so_far)
    left = [family for family in given.families if family not in read]
    return Finding(True, False, f"{so_far} Open a model of {listed(left, 'or')} next.")


class VerdictsRead(Block):
    """One model of each of these places on the scale of openness."""

    verdicts: Annotated[tuple[Verdict, ...], Field(min_length=1)]


def verdicts_read(work: Work, given: VerdictsRead) -> Finding:
    """Opened a model of each of those places on the scale of openness."""
    read = {
        page.verdict: page
        for page in work.of(PageRead)
        if page.kind is Kind.MODEL and page.verdict in given.verdicts
    }
    if not read:
        names = listed([str(one) for one in given.verdicts], "or")
        return Finding(False, False, f"You have opened no model yet that the lab calls {names}.")
    found = [f"{verdict}: {_name(page)}" for verdict, page in read.items() if verdict]
    left = [str(one) for one in given.verdicts if one not in read]
    so_far = f"You have opened {listed(found)}."
    if not left:
        return Finding(True, True, so_far)
    hint = (
        "**How open it is** on a model's page says where it stands."
        if left != [Verdict.CLOSED]
        else "Lesson 1 names three; type one of the names into the search."
    )
    # Any model stands somewhere on the scale: only a second one shows that somebody looks for it.
    return Finding(len(read) > 1, False, f"{so_far} Still to find: {listed(left)}. {hint}")
