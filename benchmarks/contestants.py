"""Who answers in a comparison, and how several requests at once are timed, each side in a process.

Both sides are asked in the same way: a thread for each student, all let go at the same moment.
Tokens/s is all tokens that came out over the time from that moment to the last answer, so reading
the prompts, waiting and turning tokens into text are in it, on both sides alike.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Barrier, Lock
from types import TracebackType
from typing import Any, Protocol, Self

import psutil

from core.inference.types import Engine, GenerationConfig, Request, Runtime, Task
from core.inference.variants import Variant

_LIBRARIES = {
    Engine.TRANSFORMERS: "transformers",
    Engine.CTRANSLATE2: "ctranslate2",
    Engine.LLAMA_CPP: "xllamacpp",
}


_QUIET_PERCENT = 8
_LOOK_S = 0.4
_PATIENCE_S = 60


@dataclass(frozen=True)
class Answer:
    """One answer: its tokens, and when its turn, its first token and its end came, in seconds."""

    tokens: int
    queue_s: float
    first_s: float
    end_s: float

    @property
    def decoding_tokens_per_s(self) -> float:
        """The tokens after the first over the time they took: what the lab shows as tokens/s."""
        return (self.tokens - 1) / (self.end_s - self.first_s)


@dataclass(frozen=True)
class Round:
    """What one side gave to all who asked at once, and the time until everybody had it."""

    answers: tuple[Answer, ...]
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """All tokens over all the time."""
        return sum(answer.tokens for answer in self.answers) / self.seconds


class Contestant(Protocol):
    """One side of a comparison. Making it imports what it needs, and loads no model."""

    def answer(self, text: str, new_tokens: int, learner: str) -> Answer:
        """Write exactly `new_tokens` after `text`; the clock starts with the call."""
        ...


class InLab:
    """The whole lab: line, turns, pool, engine, text as it grows."""

    def __init__(
        self, models_dir: Path, cache_dir: Path, model_id: str, task: Task, runtime: Runtime
    ) -> None:
        from core.catalogue import build_catalogue
        from core.inference.lab import Lab
        from core.settings import settings

        import_module(_LIBRARIES[runtime.engine])
        limits = replace(settings(), models_dir=models_dir, cache_dir=cache_dir)
        self.lab = Lab(build_catalogue(limits), limits)
        self.key = Variant(self.lab.find(task, model_id), runtime).key
        self._request = Request(task, model_id, "", runtime=runtime)

    def answer(self, text: str, new_tokens: int, learner: str) -> Answer:
        """Ask the lab, and hold that it answered with the engine that was asked for."""
        config = GenerationConfig(max_new_tokens=new_tokens, ignore_end=True)
        request = replace(self._request, inputs=text, config=config, learner=learner)
        asked = time.perf_counter()
        result = self.lab.run(request)
        ended = time.perf_counter() - asked
        if result.tokens_out != new_tokens:
            raise RuntimeError(f"{result.tokens_out} tokens instead of {new_tokens}")
        timing, source = result.timing, result.provenance
        answered = f"{source.engine} {source.precision}"
        if answered != str(request.runtime):
            raise RuntimeError(f"{answered} answered instead of {request.runtime}")
        first = timing.queue_s + timing.load_s + timing.ttft_s
        return Answer(result.tokens_out, timing.queue_s, first, ended)


class Plain:
    """transformers as the course uses it, in 32-bit floats on all cores, behind a lock.

    It does what a pipeline of transformers does: read, `generate`, write. A pipeline has no queue
    of its own, and answers of threads that share one get mixed up, hence the lock.
    """

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.set_num_threads(psutil.cpu_count(logical=True) or 1)
        self._folder = folder
        self._tokenizer = AutoTokenizer
        decodes = "CausalLM" in (folder / "config.json").read_text()
        self._auto = AutoModelForCausalLM if decodes else AutoModelForSeq2SeqLM
        self._loaded: tuple[Any, Any] | None = None
        self._lock = Lock()

    def answer(self, text: str, new_tokens: int, learner: str) -> Answer:
        """Generate when it is one's turn."""
        asked = time.perf_counter()
        with self._lock:
            turn = time.perf_counter()
            tokenizer, model = self._load()
            source = tokenizer(text, return_tensors="pt")
            clock = _FirstToken()
            tokens = model.generate(
                **source,
                max_new_tokens=new_tokens,
                min_new_tokens=new_tokens,
                do_sample=False,
                streamer=clock,
            )[0]
            # An encoder-decoder gives its start token back, a decoder the prompt.
            given = 1 if model.config.is_encoder_decoder else source["input_ids"].shape[1]
            tokenizer.decode(tokens[given:], skip_special_tokens=True)
            ended = time.perf_counter()
        count = len(tokens) - given
        return Answer(count, turn - asked, clock.first - asked, ended - asked)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import torch

            tokenizer = self._tokenizer.from_pretrained(self._folder)
            model = self._auto.from_pretrained(self._folder, dtype=torch.float32).eval()
            self._loaded = tokenizer, model
        return self._loaded


class _FirstToken:
    """Looks at the clock when the first token comes; what comes before it is the prompt."""

    def __init__(self) -> None:
        self.first = 0.0
        self._calls = 0

    def put(self, _: Any) -> None:
        self._calls += 1
        if self._calls == 2:
            self.first = time.perf_counter()

    def end(self) -> None:
        """Nothing to do: the interface of transformers has it."""


class Apart:
    """A contestant in a fresh process of its own, so that each side has its memory to itself.

    While one is measured the other rests.
    """

    def __init__(self, make: Callable[[], Contestant]) -> None:
        # A fork would share what this process has loaded.
        context = multiprocessing.get_context("spawn")
        self._process = ProcessPoolExecutor(1, context, initializer=_begin, initargs=(make,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.shutdown(cancel_futures=True)

    def ask(self, texts: Sequence[str], new_tokens: int) -> Round:
        """Let one student for each text ask at the same moment, when nobody else computes."""
        wait_for_quiet()
        return self._process.submit(_ask, tuple(texts), new_tokens).result()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what `function` gives in that process for its contestant."""
        return self._process.submit(_call, function, arguments).result()

    def resident_bytes(self) -> int:
        """Return what the process occupies in memory."""
        return self._process.submit(_resident_bytes).result()


def wait_for_quiet() -> None:
    """Wait until the machine's processors have next to nothing to do, in vain if need be.

    Who shares a machine slows down what takes all its cores far more than what takes one.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while psutil.cpu_percent(interval=_LOOK_S) > _QUIET_PERCENT:
        if time.monotonic() > deadline:
            print("Something else keeps this machine busy.", file=sys.stderr)
            return


def all_at_once(answer: Callable[[str, int, str], Answer], texts: Sequence[str], n: int) -> Round:
    """Ask for `n` tokens after each of `texts`, each in a thread, all let go together."""
    started: list[float] = []
    start = Barrier(len(texts), action=lambda: started.append(time.perf_counter()))

    def one(number: int, text: str) -> Answer:
        start.wait()
        return answer(text, n, f"student {number}")

    with ThreadPoolExecutor(len(texts)) as students:
        answers = tuple(students.map(one, range(len(texts)), texts))
    return Round(answers, time.perf_counter() - started[0])


_contestant: Contestant


def _begin(make: Callable[[], Contestant]) -> None:
    global _contestant
    _contestant = make()


def _ask(texts: tuple[str, ...], new_tokens: int) -> Round:
    return all_at_once(_contestant.answer, texts, new_tokens)


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return function(_contestant, *arguments)


def _resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)
