"""CTranslate2 answers as transformers does, many at once, and no Stop or error reaches others."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInputError, RefusedModelError
from core.inference.engines import ctranslate2_engine, transformers_engine
from core.inference.engines.convert import convert
from core.inference.engines.token_by_token import never
from core.inference.types import Chunk, GenerationConfig, LoadedModel, Prompt, Task
from core.settings import ROOT
from tests.random_families import FAMILIES

ENOUGH_S = 60
TASKS = {"gpt2": Task.TEXT_GENERATION, "llama": Task.TEXT_GENERATION}
WORDS = ["Once", "upon", "a", "time", "in", "AI", "world,", "the", "small", "robot", "went", "red?"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Each family's model of random weights and the same converted, made when first asked for."""
    home = tmp_path_factory.mktemp("families")

    @cache
    def made(name: str) -> tuple[Path, Path]:
        folder, target = FAMILIES[name](home / name), home / f"{name}-converted"
        convert(folder, target, "float32")
        return folder, target

    return made


@pytest.fixture(scope="module")
def pair(folders: Callable[[str], tuple[Path, Path]]) -> Callable[[str], tuple[Any, Any]]:
    """The family's model in both engines."""

    @cache
    def loaded(name: str) -> tuple[Any, Any]:
        folder, target = folders(name)
        fast = ctranslate2_engine.load(folder, converted=target, precision="float32", threads=2)
        return fast, transformers_engine.load(folder, threads=1)

    return loaded


def run(
    model: LoadedModel,
    task: Task,
    text: str,
    *,
    cancelled: Callable[[], bool] = never,
    on_chunk: Callable[[Chunk], None] = lambda _: None,
    **config: Any,
) -> tuple[str, int, Prompt]:
    """Return the text, the number of its tokens, and the prompt as it was read."""
    wanted = GenerationConfig(**{"max_new_tokens": 30, **config})
    prompt = model.read(task, text, wanted)
    chunks: list[Chunk] = []

    def emit(chunk: Chunk) -> None:
        chunks.append(chunk)
        on_chunk(chunk)

    model.generate(prompt, wanted, emit=emit, cancelled=cancelled)
    return "".join(c.text for c in chunks), sum(c.tokens for c in chunks), prompt


@pytest.mark.parametrize("name", FAMILIES)
@given(text=texts, new_tokens=st.integers(1, 200), timed=st.booleans())
@settings(max_examples=25)
def test_it_answers_as_transformers_does(
    pair: Callable[[str], tuple[Any, Any]], name: str, text: str, new_tokens: int, timed: bool
) -> None:
    """Text, number of tokens, prompt and notices, cut or not, ended or timed."""
    task = TASKS.get(name, Task.SUMMARIZATION)
    options = {"max_new_tokens": new_tokens, "ignore_end": timed}
    fast, reference = (run(model, task, text, **options) for model in pair(name))
    assert fast == reference


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("name", FAMILIES)
def test_in_a_batch_each_gets_its_own_answer(
    pair: Callable[[str], tuple[Any, Any]], name: str, timed: bool
) -> None:
    """Prompts of all lengths, each with a limit of its own unless they are timed."""
    fast, reference = pair(name)
    task = TASKS.get(name, Task.SUMMARIZATION)
    asked = [
        (" ".join(WORDS[i % 9 : i % 9 + 1 + i % 7]), 20 if timed else 1 + i % 23) for i in range(40)
    ]

    def ask(model: LoadedModel, text: str, limit: int) -> tuple[str, int, Prompt]:
        return run(model, task, text, max_new_tokens=limit, ignore_end=timed)

    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(lambda a: ask(fast, *a), asked))
    assert found == [ask(reference, *a) for a in asked]


@pytest.mark.parametrize("name", ["t5", "gpt2"])
def test_one_stops_and_the_others_of_its_batch_go_on(
    pair: Callable[[str], tuple[Any, Any]], name: str
) -> None:
    fast, _ = pair(name)
    task = TASKS.get(name, Task.SUMMARIZATION)
    options = {"max_new_tokens": 60, "ignore_end": True}
    alone = run(fast, task, "robot shop", **options)
    stop = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(run, fast, task, "robot shop", **options) for _ in range(7)]
        stopped = pool.submit(
            run,
            fast,
            task,
            "robot shop",
            cancelled=stop.is_set,
            on_chunk=lambda _: stop.set(),
            **options,
        ).result(ENOUGH_S)
        assert [other.result(ENOUGH_S) for other in others] == [alone] * 7
    assert 1 <= stopped[1] <= 60
    assert alone[0].startswith(stopped[0])


def test_stop_before_the_first_token_gives_nothing(pair: Callable[[str], tuple[Any, Any]]) -> None:
    fast, _ = pair("t5")
    assert run(fast, Task.SUMMARIZATION, "robot", cancelled=lambda: True)[:2] == ("", 0)


def test_an_error_of_one_is_nobody_else_s(pair: Callable[[str], tuple[Any, Any]]) -> None:
    """A prompt of no token of this model spoils its batch, a broken screen its own request."""
    fast, _ = pair("t5")
    options = GenerationConfig(max_new_tokens=40, ignore_end=True)
    good = run(fast, Task.SUMMARIZATION, "robot shop", max_new_tokens=40, ignore_end=True)

    def broken(_: Chunk) -> None:
        raise OSError("the screen is gone")

    with ThreadPoolExecutor(12) as pool:
        fine = [
            pool.submit(
                run, fast, Task.SUMMARIZATION, "robot shop", max_new_tokens=40, ignore_end=True
            )
            for _ in range(8)
        ]
        poison = [
            pool.submit(
                fast.generate, Prompt((10**6,)), options, emit=lambda _: None, cancelled=never
            )
            for _ in range(2)
        ]
        gone = pool.submit(
            run,
            fast,
            Task.SUMMARIZATION,
            "robot shop",
            on_chunk=broken,
            max_new_tokens=40,
            ignore_end=True,
        )
        assert [future.result(ENOUGH_S) for future in fine] == [good] * 8
        for future in poison:
            with pytest.raises(IndexError):
                future.result(ENOUGH_S)
        with pytest.raises(OSError, match="screen"):
            gone.result(ENOUGH_S)


def test_an_answer_that_begins_again_after_an_error_is_not_told_twice(
    folders: Callable[[str], tuple[Path, Path]],
) -> None:
    """The batch fails in its middle, for a reason that one of them brings."""
    folder, target = folders("t5")
    model = ctranslate2_engine.load(folder, converted=target, precision="float32", threads=1)
    options = {"max_new_tokens": 20, "ignore_end": True}
    expected = run(model, Task.SUMMARIZATION, "robot shop", **options)
    asked = threading.Barrier(5)

    def bad_after_some_looks(looks: Iterator[bool]) -> Callable[[], bool]:
        def cancelled() -> bool:
            if next(looks, True):
                raise ValueError("poison")
            return False

        return cancelled

    def ask(cancelled: Callable[[], bool]) -> tuple[str, int, Prompt]:
        asked.wait(ENOUGH_S)
        return run(model, Task.SUMMARIZATION, "robot shop", cancelled=cancelled, **options)

    with ThreadPoolExecutor(5) as pool:
        fine = [pool.submit(ask, never) for _ in range(4)]
        poison = pool.submit(ask, bad_after_some_looks(iter([False] * 6)))
        assert [future.result(ENOUGH_S) for future in fine] == [expected] * 4
        with pytest.raises(ValueError, match="poison"):
            poison.result(ENOUGH_S)


@pytest.mark.parametrize("asked", [{"temperature": 0.7}, {"alternatives": 3}])
def test_what_only_the_reference_does_is_refused_in_words(
    pair: Callable[[str], tuple[Any, Any]], asked: dict[str, Any]
) -> None:
    with pytest.raises(BadInputError) as caught:
        run(pair("t5")[0], Task.SUMMARIZATION, "robot", **asked)
    assert "transformers" in caught.value.next_step


@pytest.mark.parametrize("harm", ["gone", "no weights", "cut", "no vocabulary", "precision"])
def test_a_folder_that_is_no_model_is_refused_in_words(
    folders: Callable[[str], tuple[Path, Path]], tmp_path: Path, harm: str
) -> None:
    folder, target = folders("t5")
    copy = tmp_path / "copy"
    if harm != "gone":
        shutil.copytree(target, copy)
    if harm == "no weights":
        (copy / "model.bin").unlink()
    if harm == "cut":
        (copy / "model.bin").write_bytes((copy / "model.bin").read_bytes()[:5000])
    if harm == "no vocabulary":
        (copy / "shared_vocabulary.json").unlink()
    precision = "int8" if harm == "precision" else "float32"
    with pytest.raises(RefusedModelError) as caught:
        ctranslate2_engine.load(folder, converted=copy, precision=precision, threads=1)
    assert "transformers" in caught.value.next_step


def test_a_dropped_model_leaves_nothing_behind(
    folders: Callable[[str], tuple[Path, Path]],
) -> None:
    folder, target = folders("t5")
    model = ctranslate2_engine.load(folder, converted=target, precision="float32", threads=2)
    run(model, Task.SUMMARIZATION, "robot")
    decoding, gone = model._decoding, weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert decoding._pool is None
    assert decoding._batcher.threads == 0


def test_a_program_may_end_while_answers_are_being_written(
    folders: Callable[[str], tuple[Path, Path]],
) -> None:
    """The library aborts a program that leaves it its threads."""
    folder, target = folders("gpt2")
    program = f"""
import threading
from pathlib import Path
from core.inference.engines import ctranslate2_engine
from core.inference.types import GenerationConfig, Task
model = ctranslate2_engine.load(
    Path({str(folder)!r}), converted=Path({str(target)!r}), precision="float32", threads=2
)
config = GenerationConfig(max_new_tokens=100, ignore_end=True)
prompt = model.read(Task.TEXT_GENERATION, "robot", config)
begun = threading.Semaphore(0)
def ask():
    while True:
        model.generate(prompt, config, emit=lambda _: begun.release(), cancelled=lambda: False)
for _ in range(8):
    threading.Thread(target=ask, daemon=True).start()
for _ in range(200):
    begun.acquire()
"""
    for _ in range(3):
        ended = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=ENOUGH_S,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
