"""What fast engines and shared batches give, against plain transformers in the same run.

The models have real sizes and random weights (`sized_models`); each side answers in a process of
its own, and the sides take turns, round by round, after one round that does not count. Every answer
has the same length: the end token is ignored. A figure is the median of the rounds, a ratio the
median over the median. Tokens/s of one request is what the lab calls so: the tokens
after the first over the time they took. Where the name says "whole", and for several at once, it is
all tokens out over all time, the reading of the prompt and the turning into text included. Both
sides are timed alike (`contestants`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import cast

from benchmarks.contestants import Apart, Contestant, InLab, Plain, Round
from benchmarks.registry import Measurement, benchmark
from benchmarks.sized_models import CACHE, LLAMA, T5, sized_models
from core.inference.types import Engine, GenerationConfig, LoadedModel, Runtime, Task

ROUNDS = 5
CROWD_ROUNDS = 3
STUDENTS = 30
STORY_TOKENS = 64
SUMMARY_TOKENS = 48
# What the lab takes when nobody chooses.
GGUF = Runtime(Engine.LLAMA_CPP, "Q4_0")
EIGHT_BITS = Runtime(Engine.LLAMA_CPP, "Q8_0")
INT8 = Runtime(Engine.CTRANSLATE2, "int8")
PLAIN = "transformers generate, fp32"
BEHIND_A_LOCK = "transformers behind a lock"


def story(number: int) -> str:
    """Return the beginning of a story, another for each student."""
    return f"Once upon a time, robot number {number} went to the shop in the little town"


def feedback(number: int) -> str:
    """Return what a customer wrote, some 120 tokens long, another text for each student."""
    return (
        f"I ordered {number} phones for my sister and waited a long time for the delivery. The "
        "first parcel came late and the box was broken. The screen of the phone is bright and the "
        "battery lasts for two days, but the camera is slow. The shop was friendly when I called, "
        "and they sent a new charger the next day. The price is good for what you get. My brother "
        "says that the sound is weak and that the red case is too small for his hands. I would buy "
        "it again, but not in winter."
    )


def in_lab(model: str, task: Task, runtime: Runtime) -> partial[Contestant]:
    """Return how to make the lab as a contestant with one of the sized models."""
    return partial(InLab, sized_models(), CACHE, f"local/{model}", task, runtime)


def llama_in_lab(runtime: Runtime = GGUF) -> partial[Contestant]:
    """Return how to make the lab with the LLaMA on llama.cpp."""
    return in_lab(LLAMA, Task.TEXT_GENERATION, runtime)


def t5_in_lab() -> partial[Contestant]:
    """Return how to make the lab with the T5 on CTranslate2."""
    return in_lab(T5, Task.SUMMARIZATION, INT8)


@benchmark
def text_generation() -> Iterator[Measurement]:
    """One story, and thirty at once, on the LLaMA in the precision that the lab chooses."""
    sides = {"lab": llama_in_lab(), "plain": partial(Plain, sized_models() / LLAMA)}
    texts = [story(number) for number in range(STUDENTS)]
    yield from _against_plain("text", sides, texts, STORY_TOKENS, bars=(7, 15))


@benchmark
def text_in_eight_bits() -> Iterator[Measurement]:
    """One story on the LLaMA in 8 bits, which the student may choose and the lab does not."""
    plain = partial(Plain, sized_models() / LLAMA)
    with Apart(llama_in_lab(EIGHT_BITS)) as lab, Apart(plain) as reference:
        sides = {"lab": lab, "plain": reference}
        rounds(sides, [story(0)], STORY_TOKENS, 1)  # loads
        alone = rounds(sides, [story(0)], STORY_TOKENS, ROUNDS)
    yield from _alone("engines.text_in_8_bits", alone)


@benchmark
def summarization() -> Iterator[Measurement]:
    """One summary, and thirty at once, on the T5."""
    sides = {"lab": t5_in_lab(), "plain": partial(Plain, sized_models() / T5)}
    texts = [feedback(number) for number in range(STUDENTS)]
    yield from _against_plain("summary", sides, texts, SUMMARY_TOKENS, bars=(2.5, 12))


@benchmark
def overhead() -> Iterator[Measurement]:
    """The whole lab against its own engine called directly: one loaded model, in turns."""
    with Apart(llama_in_lab()) as lab:
        speeds: dict[str, list[float]] = lab.call(_lab_and_engine)
    through, direct, bare = (median(speeds[name]) for name in ("lab", "direct", "bare"))
    yield Measurement(
        "engines.text_through_the_lab",
        through,
        "tokens/s",
        "higher",
        against="the engine, same settings",
        ratio=through / direct,
        bar=0.95,
    )
    yield Measurement(
        "engines.text_through_the_lab_against_no_stream",
        through,
        "tokens/s",
        "higher",
        against="the engine, not streaming",
        ratio=through / bare,
    )


@benchmark
def loaded_memory() -> Iterator[Measurement]:
    """Memory of a process that loaded the LLaMA and answered once; and what loading added.

    The lab needs no torch for this, and that is most of the first ratio. The second leaves the
    libraries out on both sides: it is what the model alone takes.
    """
    sides: dict[str, Callable[[], Contestant]] = {
        "lab": llama_in_lab(),
        "plain": partial(Plain, sized_models() / LLAMA),
    }
    before, after = {}, {}
    for name, make in sides.items():
        with Apart(make) as side:
            before[name] = side.resident_bytes()
            side.ask([story(0)], STORY_TOKENS)
            after[name] = side.resident_bytes()
    grown = {name: after[name] - before[name] for name in sides}
    yield _memory("engines.process_with_the_model", after, bar=0.35)
    yield _memory("engines.growth_by_the_model", grown)


def rounds(
    sides: Mapping[str, Apart], texts: Sequence[str], new_tokens: int, count: int
) -> dict[str, list[Round]]:
    """Let each side answer `texts` at once, in turns, `count` times."""
    done: dict[str, list[Round]] = {name: [] for name in sides}
    for _ in range(count):
        for name, side in sides.items():
            done[name].append(side.ask(texts, new_tokens))
    return done


def _against_plain(
    name: str,
    makers: Mapping[str, Callable[[], Contestant]],
    texts: Sequence[str],
    new_tokens: int,
    bars: tuple[float, float],
) -> Iterator[Measurement]:
    with ExitStack() as stack:
        sides = {side: stack.enter_context(Apart(make)) for side, make in makers.items()}
        rounds(sides, texts[:1], new_tokens, 1)  # loads
        alone = rounds(sides, texts[:1], new_tokens, ROUNDS)
        yield from _alone(f"engines.{name}", alone, bars[0])
        crowd = rounds(sides, texts, new_tokens, CROWD_ROUNDS)
        at_once = _medians(crowd, _all_tokens)
        yield _speed(f"engines.{name}_{len(texts)}_at_once", at_once, BEHIND_A_LOCK, bars[1])


def _alone(
    name: str, done: Mapping[str, list[Round]], bar: float | None = None
) -> Iterator[Measurement]:
    decoding = _medians(done, lambda each: each.answers[0].decoding_tokens_per_s)
    yield _speed(f"{name}_alone", decoding, PLAIN, bar)
    yield _speed(f"{name}_alone_whole", _medians(done, _all_tokens), PLAIN)


def _all_tokens(each: Round) -> float:
    return each.tokens_per_s


def _medians(
    done: Mapping[str, list[Round]], speed: Callable[[Round], float]
) -> tuple[float, float]:
    lab, plain = (median(map(speed, done[side])) for side in ("lab", "plain"))
    return lab, plain


def _speed(
    name: str, medians: tuple[float, float], against: str, bar: float | None = None
) -> Measurement:
    lab, plain = medians
    return Measurement(name, lab, "tokens/s", "higher", against=against, ratio=lab / plain, bar=bar)


def _memory(name: str, sizes: Mapping[str, int], bar: float | None = None) -> Measurement:
    ratio = sizes["lab"] / sizes["plain"]
    value = sizes["lab"] / 1e6
    against = "transformers, fp32"
    return Measurement(name, value, "MB", "lower", against=against, ratio=ratio, bar=bar)


def _lab_and_engine(contestant: InLab) -> dict[str, list[float]]:
    """Return the tokens/s of the lab, of its engine, and of its engine without streaming."""
    from core.inference.engines.llama_cpp_engine import LlamaCppModel, _request

    text = story(0)
    contestant.answer(text, STORY_TOKENS, "")
    with contestant.lab.pool.lease(contestant.key, memory_bytes=0, load=_never) as lease:
        model = cast(LlamaCppModel, lease.model)
        config = GenerationConfig(max_new_tokens=STORY_TOKENS, ignore_end=True)
        prompt = model.read(Task.TEXT_GENERATION, text, config)
        asked = _request(prompt, config, STORY_TOKENS)
        server = model._server._server
    ways = {
        "lab": lambda: contestant.answer(text, STORY_TOKENS, ""),
        "direct": lambda: server.handle_completions({**asked, "stream": True}, lambda _: False),
        "bare": lambda: server.handle_completions({**asked, "stream": False}),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(4 * ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            speeds[name].append(STORY_TOKENS / (time.perf_counter() - started))
    return speeds


def _never() -> LoadedModel:
    raise RuntimeError("the model is no longer in memory")
