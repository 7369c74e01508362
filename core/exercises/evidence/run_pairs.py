"""Task 2 and the lessons: what two runs of one prompt show together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations, product

from pydantic import Field

from core.exercises.evidence.runs import Which, at_limit, prompt_of, tokens_of
from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.inference.tasks import TASKS
from core.words import duration, one_line
from core.work.entries import Run
from core.work.work import Work

_SAME, _ANOTHER = "the same text", "another text"
_SO_FAR, _WHOLE = "what was written until then", "the whole text"
_LATENCY, _SPEED = "latency", "tokens/s"

Pair = tuple[Run, Run]


class Temperatures(Which):
    """Two temperatures: `cold`, at which a text comes again, and `warm`, at which it changes."""

    cold: float = Field(default=0.0, ge=0, le=5)
    warm: float = Field(default=1.2, gt=0, le=5)


def temperatures(work: Work, given: Temperatures) -> Finding:
    """Ran a prompt twice cold and twice warm with two seeds; the answer is what came again."""
    runs = [run for run in given.runs(work) if not run.result.stopped]
    if not runs:
        return given.none_yet()
    chosen = [run for run in runs if furthest([run], given.steps())[1] == ""]
    if not chosen:
        return Finding(False, False, furthest(runs, given.steps())[1])
    groups: dict[object, list[Run]] = {}
    for run in chosen:
        config = run.request.config
        same = (one_line(run.request.inputs), _maker(run), config.max_new_tokens)
        groups.setdefault(same, []).append(run)

    def at(group: Sequence[Run], temperature: float) -> list[Run]:
        return [run for run in group if math.isclose(run.request.config.temperature, temperature)]

    def seeds(group: Sequence[Run]) -> set[int]:
        return {run.request.config.seed for run in at(group, given.warm)}

    cold, warm = f"temperature {given.cold:g}", f"temperature {given.warm:g}"
    steps = [
        Step[list[Run]](
            lambda group: bool(at(group, given.cold)),
            lambda group: (
                f"You ran {prompt_of(group[-1])}, and not yet at {cold}. Set it under "
                "**Parameters**, and run the prompt twice."
            ),
        ),
        Step(
            lambda group: len(at(group, given.cold)) > 1,
            lambda group: (
                f"You ran {prompt_of(group[-1])} once at {cold}. Run it again without changing "
                "anything."
            ),
        ),
        Step(
            lambda group: bool(at(group, given.warm)),
            lambda group: (
                f"Twice at {cold}: done. Now run {prompt_of(group[-1])} at {warm}, with the "
                "same model, engine and max new tokens."
            ),
        ),
        Step(
            lambda group: len(at(group, given.warm)) > 1,
            lambda group: f"You ran it once at {warm}. Change the seed, and run it again.",
        ),
        Step(
            lambda group: len(seeds(group)) > 1,
            lambda group: (
                f"Your {len(at(group, given.warm))} runs at {warm} all had the seed "
                f"{min(seeds(group))}, so they drew the same. Change the seed, and run it again."
            ),
        ),
        Step(
            lambda group: len(_texts(at(group, given.warm))) > 1,
            lambda group: (
                f"Two seeds gave the same text at {warm}. Raise max new tokens, and run "
                "all four again."
            ),
        ),
    ]
    group, says = furthest(list(groups.values()), steps)
    if says:
        # One run at 0 may have been about anything.
        begun = any(
            at(one, given.cold) and (len(at(one, given.cold)) > 1 or at(one, given.warm))
            for one in groups.values()
        )
        return Finding(begun, False, says)
    again = cold if len(_texts(at(group, given.cold)[-2:])) == 1 else "neither"
    drawn = f"with {len(seeds(group))} seeds at {warm}"
    told = f"You ran {prompt_of(group[-1])} twice at {cold} and {drawn}."
    return Finding(True, True, told, again, (cold, warm, "neither"))


class SameSeed(Which):
    """Two runs with everything the same, the seed as well, at this temperature or above."""

    min_temperature: float = Field(default=0.1, gt=0, le=5)


def same_seed(work: Work, given: SameSeed) -> Finding:
    """Ran a prompt twice with the same seed; the answer is whether the same text came."""
    runs = given.runs(work)
    if not runs:
        return given.none_yet()
    about = [
        *given.steps(),
        Step[Run](
            lambda run: run.request.config.temperature >= given.min_temperature,
            lambda run: (
                f"You ran it at temperature {run.request.config.temperature:g}, where no "
                f"seed matters. Set it to {given.min_temperature:g} or more."
            ),
        ),
    ]
    steps = [
        *about,
        Step(
            lambda run: not run.result.stopped,
            lambda run: f"You stopped it after {tokens_of(run)}. Let it run to its end.",
        ),
    ]
    run, says = furthest(runs, steps)
    if says:
        return Finding(any_through(runs, about), False, says)
    drawn = [run for run in runs if furthest([run], steps)[1] == ""]
    for one, other in reversed(list(combinations(drawn, 2))):
        if _set_up(one) == _set_up(other):
            answer = _SAME if _written(one) == _written(other) else _ANOTHER
            told = f"You ran {prompt_of(one)} twice with the seed {one.request.config.seed}."
            return Finding(True, True, told, answer, (_SAME, _ANOTHER))
    config = run.request.config
    return Finding(
        True,
        False,
        f"You ran {prompt_of(run)} at temperature {config.temperature:g} with the seed "
        f"{config.seed}. Run it once more without changing anything.",
    )


class StoppedEarly(Which):
    """One text cut short, by Stop or by the limit, and the same text to the model's own end."""


def stopped_early(work: Work, given: StoppedEarly) -> Finding:
    """Cut a text short and let it end by itself; the answer is what latency then measures."""
    runs = [run for run in given.runs(work) if run.result.tokens_out > 0]
    if not runs:
        return given.none_yet()
    chosen = [run for run in runs if furthest([run], given.steps())[1] == ""]
    if not chosen:
        return Finding(False, False, furthest(runs, given.steps())[1])
    cut = [run for run in chosen if _was_cut(run)]
    whole = [run for run in chosen if not _was_cut(run)]
    if not cut:
        return Finding(
            False,
            False,
            f"The model ended its text by itself, after {tokens_of(whole[-1])}. Cut it short: set "
            "max new tokens to 15, and run the same prompt again.",
        )
    if not whole:
        return Finding(
            any(map(_was_cut_on_purpose, cut)),
            False,
            f"Your run was cut after {tokens_of(cut[-1])}. Raise max new tokens to 250, and let "
            "the model end the text by itself.",
        )
    steps = [
        Step[Pair](
            lambda pair: _set_up(pair[0], limit=False) == _set_up(pair[1], limit=False),
            lambda pair: (
                "Your short run and your long one differ in more than the limit: take "
                "the same prompt, model, engine, temperature and seed."
            ),
        ),
        Step(
            lambda pair: pair[0].result.tokens_out * 2 <= pair[1].result.tokens_out,
            lambda pair: (
                f"Your runs wrote {pair[0].result.tokens_out} and {tokens_of(pair[1])}. Cut "
                "the short one earlier, so that it is at most half as long."
            ),
        ),
        Step(
            lambda pair: pair[0].result.timing.total_s < pair[1].result.timing.total_s,
            lambda pair: (
                f"The short run took {duration(pair[0].result.timing.total_s)}, the long "
                f"one {duration(pair[1].result.timing.total_s)}: something else kept the machine "
                "busy. Run the short one again."
            ),
        ),
    ]
    pairs = list(product(cut, whole))
    (short, long), says = furthest(pairs, steps)
    if says:
        begun = any(map(_was_cut_on_purpose, cut)) or any_through(pairs, steps[:1])
        return Finding(begun, False, says)
    told = (
        f"{tokens_of(short).capitalize()} took {duration(short.result.timing.total_s)} in all, and "
        f"{tokens_of(long)} {duration(long.result.timing.total_s)}."
    )
    return Finding(True, True, told, _SO_FAR, (_SO_FAR, _WHOLE))


class OnlyLength(Which):
    """Two runs that differ in max new tokens alone, one text `ratio` times as long as the other."""

    ratio: float = Field(default=3.0, gt=1)


def only_length(work: Work, given: OnlyLength) -> Finding:
    """Ran a prompt with two limits and nothing else changed; the answer is what changed more."""
    runs = [run for run in given.runs(work) if not run.result.stopped]
    if not runs:
        return given.none_yet()
    chosen = [run for run in runs if furthest([run], given.steps())[1] == ""]
    if not chosen:
        return Finding(False, False, furthest(runs, given.steps())[1])
    if len(chosen) == 1:
        return Finding(
            False,
            False,
            f"You ran {prompt_of(chosen[0])} once: {tokens_of(chosen[0])}. Change max new tokens, "
            "and run it again.",
        )
    by_length = sorted(chosen, key=lambda run: run.result.tokens_out)
    steps = [
        Step[Pair](
            lambda pair: _set_up(pair[0], limit=False) == _set_up(pair[1], limit=False),
            lambda pair: (
                "Your runs differ in more than max new tokens. Change that alone: same "
                "prompt, model, engine, temperature and seed."
            ),
        ),
        Step(
            lambda pair: pair[0].result.tokens_out * given.ratio <= pair[1].result.tokens_out,
            lambda pair: (
                f"Your runs wrote {pair[0].result.tokens_out} and {tokens_of(pair[1])}. Make "
                f"the one at least {given.ratio:g} times as long as the other."
            ),
        ),
        Step(
            lambda pair: None not in (pair[0].result.tokens_per_s, pair[1].result.tokens_per_s),
            lambda pair: "One token alone has no speed. Let the short run write at least ten.",
        ),
        Step(
            lambda pair: _latency_apart(pair) > _speed_apart(pair),
            lambda pair: (
                f"From one run to the other latency changed {_latency_apart(pair):.1f} "
                f"times and tokens/s {_speed_apart(pair):.1f} times: something else kept the "
                "machine busy. Run both once more."
            ),
        ),
    ]
    pairs = list(combinations(by_length, 2))
    (short, long), says = furthest(pairs, steps)
    if says:
        return Finding(any(map(_limits_differ, pairs)), False, says)
    told = f"You ran {prompt_of(long)} twice: {short.result.tokens_out} and {tokens_of(long)} out."
    return Finding(True, True, told, _LATENCY, (_LATENCY, _SPEED))


def _latency_apart(pair: Pair) -> float:
    return _times(*(run.result.timing.total_s for run in pair))


def _speed_apart(pair: Pair) -> float:
    return _times(*(run.result.tokens_per_s or 0.0 for run in pair))


def _times(one: float, other: float) -> float:
    """Return how many times as large as the smaller one the larger figure is, 1 if one is none."""
    less, more = sorted((one, other))
    return more / less if less > 0 else 1.0


def _maker(run: Run) -> tuple[str, str, str]:
    made = run.result.provenance
    return made.model_id, made.engine, made.precision


def _set_up(run: Run, *, limit: bool = True) -> tuple[object, ...]:
    """Return all that decides a text, the limit on its length only if asked for."""
    config = run.request.config
    drawn = (config.temperature, config.top_p, config.seed) if config.samples else ()
    most = config.max_new_tokens if limit else None
    return (one_line(run.request.inputs), _maker(run), drawn, most)


def _limits_differ(pair: Pair) -> bool:
    """Return whether one prompt ran with two limits, whatever else was changed beside them."""
    one, other = (run.request for run in pair)
    same = one_line(one.inputs) == one_line(other.inputs)
    return same and one.config.max_new_tokens != other.config.max_new_tokens


def _was_cut_on_purpose(run: Run) -> bool:
    """Return whether somebody wanted it short: the limit that a page begins with cuts as well."""
    lowered = run.request.config.max_new_tokens < TASKS[run.request.task].config.max_new_tokens
    return run.result.stopped or (at_limit(run) and lowered)


def _was_cut(run: Run) -> bool:
    return run.result.stopped or at_limit(run)


def _texts(runs: Iterable[Run]) -> set[str]:
    return {_written(run) for run in runs}


def _written(run: Run) -> str:
    return run.result.output.strip()
