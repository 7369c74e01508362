"""Which output reads best: mixed and nameless for judging blind, and whether chrF agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from string import ascii_uppercase


@dataclass(frozen=True)
class Vote:
    """Which candidate's output for an input reads best, by its label; None says equally good.

    `blind` says that names and figures were out of sight. Where several candidates wrote the same,
    `preferred` is the first of them.
    """

    comparison: str
    input_number: int
    preferred: str | None
    blind: bool


@dataclass(frozen=True)
class Choice:
    """An output to judge: its letter, its text, and the labels of all candidates that wrote it."""

    letter: str
    text: str
    candidates: tuple[str, ...]


class Agreement(StrEnum):
    """How chrF stands to a vote; undecided is a chrF that is the same for all."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNDECIDED = "undecided"


def choices(comparison: str, input_number: int, outputs: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return the different ones of `outputs` (by candidate label), lettered in a mixed order.

    The order is the same at each call, and another for each comparison and input. It hangs on the
    comparison's random id, so nobody can tell from it who wrote what.
    """
    writers: dict[str, list[str]] = {}
    for label, text in outputs.items():
        writers.setdefault(text.strip(), []).append(label)
    texts = list(writers)
    Random(f"{comparison}/{input_number}").shuffle(texts)
    return tuple(
        Choice(letter, text, tuple(writers[text]))
        for letter, text in zip(ascii_uppercase, texts, strict=False)
    )


def agreement(vote: Vote, scores: Mapping[str, float]) -> Agreement | None:
    """Say whether chrF, by candidate label, agrees with `vote`; None if it cannot be said.

    Scores that look the same with one decimal, as the screen shows them, are the same.
    """
    shown = {label: round(score, 1) for label, score in scores.items()}
    if len(shown) < 2 or (vote.preferred is not None and vote.preferred not in shown):
        return None
    best, alike = max(shown.values()), len(set(shown.values())) == 1
    if vote.preferred is None:
        return Agreement.AGREES if alike else Agreement.DISAGREES
    if alike:
        return Agreement.UNDECIDED
    return Agreement.AGREES if shown[vote.preferred] == best else Agreement.DISAGREES


def verdict(vote: Vote, scores: Mapping[str, float], names: Mapping[str, str]) -> str:
    """Say in a sentence what was preferred, and in another what chrF says to it.

    `names` are what candidates are called on the screen, by label.
    """
    you = "Judging blind, you" if vote.blind else "You"
    if vote.preferred is None:
        said = f"{you} found them equally good."
    else:
        said = f"{you} preferred {names.get(vote.preferred, vote.preferred)}."
    found = agreement(vote, scores)
    if found is None:
        return said
    best, *others = sorted(scores, key=lambda label: -scores[label])
    if round(scores[best], 1) == round(scores[others[-1]], 1):
        sees = "chrF agrees" if found is Agreement.AGREES else "chrF sees no difference"
        return f"{said} {sees}: {scores[best]:.1f} for each."
    if found is Agreement.AGREES:
        return f"{said} chrF agrees: {scores[best]:.1f} against {scores[others[0]]:.1f}."
    other = vote.preferred or others[0]
    return (
        f"{said} chrF disagrees: {scores[best]:.1f} for {names.get(best, best)}, "
        f"{scores[other]:.1f} for {names.get(other, other)}."
    )
