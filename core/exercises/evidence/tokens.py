"""Task 1: which texts were looked at as tokens, in the playground on a model's page."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block, Words
from core.words import counted, listed, one_line, plain, quoted
from core.work.entries import Tokenized
from core.work.work import Work

_SAME = "the same number"


class TokensCounted(Block):
    """A `text` in the tokenizer playground of `model`; line ends and spaces may differ."""

    model: Words
    text: Words


def tokens_counted(work: Work, given: TokensCounted) -> Finding:
    """Looked at that text as that model's tokens; the answer is how many they are."""
    split = work.of(Tokenized)
    if not split:
        return Finding(
            False,
            False,
            f"You have not used the tokenizer yet. Open **{plain(given.model)}** and turn to **Its "
            "tokenizer**.",
        )
    steps = [
        Step[Tokenized](
            lambda one: one.model_id == given.model,
            lambda one: (
                f"You looked at the tokens of **{plain(one.model_id)}**. Open "
                f"**{plain(given.model)}** and turn to **Its tokenizer** there."
            ),
        ),
        Step(
            lambda one: one_line(one.text) == one_line(given.text),
            lambda one: (
                f"The text there was {quoted(one.text)}. Put {quoted(given.text, 200)} in "
                "its place."
            ),
        ),
    ]
    one, says = furthest(split, steps)
    if says:
        return Finding(any_through(split, steps[:1]), False, says)
    found = f"**{plain(one.model_id)}** reads {quoted(one.text)} as {counted(one.tokens, 'token')}."
    return Finding(True, True, found, float(one.tokens))


class TokensCompared(Block):
    """One text as two models' tokens: of `models` if they are named; of `text` if that is."""

    models: Annotated[tuple[Words, ...], Field(max_length=2)] = ()
    text: str = ""


def tokens_compared(work: Work, given: TokensCompared) -> Finding:
    """Looked at one text as the tokens of two models; the answer is which needs more of them."""
    split = [
        one
        for one in work.of(Tokenized)
        if (not given.models or one.model_id in given.models)
        and (not given.text or one_line(one.text) == one_line(given.text))
    ]
    wanted = listed([f"**{plain(name)}**" for name in given.models]) or "two models"
    if not split:
        text = f"the text {quoted(given.text, 200)}" if given.text else "one text"
        return Finding(
            False, False, f"Look at {text} as the tokens of {wanted}: **Its tokenizer** shows it."
        )
    by_text: dict[str, dict[str, int]] = {}
    for one in split:
        by_text.setdefault(one_line(one.text), {})[one.model_id] = one.tokens
    pairs = [(text, counts) for text, counts in by_text.items() if len(counts) > 1]
    if not pairs:
        last = split[-1]
        return Finding(
            True,
            False,
            f"You looked at {quoted(last.text)} as tokens of **{plain(last.model_id)}** alone. "
            f"Choose another model beside it under **Compare with**: {wanted} are asked for.",
        )
    text, counts = pairs[-1]
    (one_id, one_count), (other_id, other_count) = list(counts.items())[-2:]
    answer = _SAME if one_count == other_count else one_id if one_count > other_count else other_id
    names = f"**{plain(one_id)}** and **{plain(other_id)}**"
    return Finding(
        True,
        True,
        f"You looked at {quoted(text)} as tokens of {names}.",
        answer,
        (one_id, other_id, _SAME),
    )
