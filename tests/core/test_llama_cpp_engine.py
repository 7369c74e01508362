"""llama.cpp answers many at once, stops when told, and no request harms another."""

from __future__ import annotations

import gc
import http.client
import math
import shutil
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInputError, LabError, RefusedModelError
from core.gguf_file import inspect_gguf
from core.inference.engines.llama_cpp_engine import LlamaCppModel, load
from core.inference.types import Chunk, GenerationConfig, Prompt, Task
from starters.training.gguf_file import write_gguf
from tests.random_models import make_gpt2, make_llama

TEXT = "Once upon a time in AI world,"
STORY = Task.TEXT_GENERATION


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A GPT-2 and a LLaMA of random weights, each with its GGUF beside."""
    folder = tmp_path_factory.mktemp("gguf")
    made = {
        "gpt2": make_gpt2(folder / "gpt2", context=128, spread=0.3),
        "llama": make_llama(folder / "llama", layers=4, width=128, context=2048),
    }
    for name, path in made.items():
        write_gguf(path, path / f"{name}-F16.gguf", "F16")
    return made


@pytest.fixture(scope="module")
def gpt2(folders: dict[str, Path]) -> LlamaCppModel:
    return load(folders["gpt2"] / "gpt2-F16.gguf", threads=1)


@pytest.fixture(scope="module")
def llama(folders: dict[str, Path]) -> LlamaCppModel:
    return load(folders["llama"] / "llama-F16.gguf", threads=1)


def run(
    model: LlamaCppModel,
    text: str = TEXT,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    on_chunk: Callable[[Chunk], None] = lambda _: None,
    **config: Any,
) -> tuple[str, int, Prompt]:
    """Return the text, the number of its tokens, and the prompt as it was read."""
    asked = GenerationConfig(**{"max_new_tokens": 30, **config})
    prompt = model.read(STORY, text, asked)
    chunks: list[Chunk] = []

    def emit(chunk: Chunk) -> None:
        chunks.append(chunk)
        on_chunk(chunk)

    model.generate(prompt, asked, emit=emit, cancelled=cancelled)
    return "".join(chunk.text for chunk in chunks), sum(c.tokens for c in chunks), prompt


def test_many_at_once_get_what_each_gets_alone(gpt2: LlamaCppModel) -> None:
    texts = [f"{word} upon a time {number}" for number in range(8) for word in ("Once", "Twice")]
    alone = [run(gpt2, text, ignore_end=True)[:2] for text in texts]
    with ThreadPoolExecutor(len(texts)) as threads:
        together = list(threads.map(lambda text: run(gpt2, text, ignore_end=True)[:2], texts))
    assert {tokens for _, tokens in together} == {30}
    # Sums in another order differ in the last bit, which may tip what is nearly even.
    same = sum(one == other for one, other in zip(alone, together, strict=True))
    assert same >= 0.8 * len(texts)
    assert len({text for text, _ in alone}) > len(texts) // 2


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_the_same_seed_gives_the_same_text(gpt2: LlamaCppModel, seed: int) -> None:
    texts = {run(gpt2, seed=seed, temperature=1.5, ignore_end=True)[0] for _ in range(4)}
    assert len(texts) == 1


def test_seeds_differ(gpt2: LlamaCppModel) -> None:
    assert len({run(gpt2, seed=seed, temperature=2.0)[0] for seed in range(6)}) == 6


def test_ignoring_the_end_gives_exactly_the_asked_length(gpt2: LlamaCppModel) -> None:
    for length in (1, 40, 100):
        assert run(gpt2, max_new_tokens=length, ignore_end=True)[1] == length


def test_probabilities_are_told_for_each_token(gpt2: LlamaCppModel) -> None:
    seen: list[Chunk] = []
    run(gpt2, "Once", alternatives=5, temperature=1.0, on_chunk=seen.append)
    told = [choice for chunk in seen for choice in chunk.choices]
    assert len(told) >= sum(chunk.tokens == 1 for chunk in seen) - 1
    for choice in told:
        likeliest = [probability for _, probability in choice.alternatives]
        assert len(likeliest) == 5
        assert likeliest == sorted(likeliest, reverse=True)
        assert 0 <= choice.probability <= likeliest[0] <= 1
    seen.clear()
    run(gpt2, "Once", on_chunk=seen.append)
    assert not any(chunk.choices for chunk in seen)


def test_probabilities_are_those_of_transformers(
    folders: dict[str, Path], gpt2: LlamaCppModel
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    seen: list[Chunk] = []
    _, _, prompt = run(gpt2, max_new_tokens=1, alternatives=10, on_chunk=seen.append)
    model = AutoModelForCausalLM.from_pretrained(folders["gpt2"])
    scores = model(torch.tensor([prompt.ids])).logits[0, -1].softmax(-1)
    theirs = scores.topk(10).values.tolist()
    ours = [probability for _, probability in seen[0].choices[0].alternatives]
    assert all(math.isclose(a, b, rel_tol=0.05) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("stop_after", [1, 5])
def test_after_stop_at_most_one_more_token_is_counted(gpt2: LlamaCppModel, stop_after: int) -> None:
    stop, seen = threading.Event(), []

    def look(chunk: Chunk) -> None:
        seen.extend([chunk] * chunk.tokens)
        if len(seen) >= stop_after:
            stop.set()

    tokens = run(gpt2, cancelled=stop.is_set, on_chunk=look, max_new_tokens=60, ignore_end=True)[1]
    assert stop_after <= tokens <= stop_after + 2
    assert run(gpt2, max_new_tokens=3, ignore_end=True)[1] == 3


def test_stop_leaves_a_long_prompt_before_its_first_word(llama: LlamaCppModel) -> None:
    """The prompt is read in a dozen batches; whoever stops waits for none of them."""
    looks = count()
    text, tokens, prompt = run(llama, "robot " * 1000, cancelled=lambda: next(looks) >= 2)
    assert len(prompt.ids) > 1000
    assert (text, tokens) == ("", 0)
    assert run(llama, max_new_tokens=2, ignore_end=True)[1] == 2


def test_a_run_cancelled_before_it_starts_computes_nothing(gpt2: LlamaCppModel) -> None:
    assert run(gpt2, cancelled=lambda: True)[:2] == ("", 0)


def test_requests_that_do_not_fit_together_wait_for_each_other(llama: LlamaCppModel) -> None:
    """Twelve long prompts need more context than all share: nobody gets an error."""
    all_of_it = llama._room._free
    llama._room.give(1000 - all_of_it)  # as little as a larger model would have
    try:
        with ThreadPoolExecutor(12) as threads:
            asked = [f"{number} " + "robot " * 100 for number in range(12)]
            answers = list(
                threads.map(lambda text: run(llama, text, max_new_tokens=5, ignore_end=True), asked)
            )
        assert [tokens for _, tokens, _ in answers] == [5] * 12
    finally:
        llama._room.give(all_of_it - 1000)


def test_all_the_context_is_used_again_and_again(gpt2: LlamaCppModel) -> None:
    """What finished requests leave behind never takes the place of new ones."""
    for _ in range(3):
        with ThreadPoolExecutor(16) as threads:
            asked = [f"{number} " + "robot " * 300 for number in range(32)]
            tokens = threads.map(
                lambda text: run(gpt2, text, max_new_tokens=64, ignore_end=True)[1], asked
            )
            assert set(tokens) == {64}


def test_whoever_waits_for_room_can_stop(llama: LlamaCppModel) -> None:
    all_of_it = llama._room._free
    assert llama._room.take(all_of_it, lambda: False)
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    assert run(llama, cancelled=stop.is_set)[:2] == ("", 0)
    llama._room.give(all_of_it)
    assert run(llama, max_new_tokens=2, ignore_end=True)[1] == 2


def test_one_failing_request_harms_no_other(gpt2: LlamaCppModel) -> None:
    too_long = Prompt(tuple([5] * 200))
    unknown = Prompt((10**6,))
    alone = run(gpt2, ignore_end=True)[:2]

    def fail(prompt: Prompt) -> None:
        with pytest.raises(LabError):
            gpt2.generate(prompt, GenerationConfig(), emit=lambda _: None, cancelled=lambda: False)

    with ThreadPoolExecutor(8) as threads:
        fine = [threads.submit(run, gpt2, ignore_end=True) for _ in range(4)]
        failing = [threads.submit(fail, prompt) for prompt in (too_long, unknown) * 2]
        for future in failing:
            future.result()
        assert all(future.result()[1] == alone[1] for future in fine)
    assert run(gpt2, ignore_end=True)[:2] == alone


def test_an_error_in_whoever_reads_frees_the_room(gpt2: LlamaCppModel) -> None:
    free = gpt2._room._free

    def fail(_: Chunk) -> None:
        raise ZeroDivisionError

    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            run(gpt2, on_chunk=fail, max_new_tokens=60)
    until = time.monotonic() + 30
    while gpt2._room._free != free and time.monotonic() < until:
        time.sleep(0.01)
    assert gpt2._room._free == free


def test_a_prompt_beyond_the_context_keeps_its_end_and_says_so(gpt2: LlamaCppModel) -> None:
    ids = gpt2.encode("robot " * 300 + "the last words")
    _, tokens, prompt = run(gpt2, "robot " * 300 + "the last words", ignore_end=True)
    assert prompt.ids == tuple(ids[-98:])
    assert "at the beginning were left out" in prompt.notices[0]
    assert tokens == 30


@given(text=st.text(min_size=1, max_size=80))
@settings(max_examples=150)
def test_texts_become_the_tokens_of_the_hugging_face_tokenizer(text: str) -> None:
    model, tokenizer = _reading()
    text = text.encode("utf-8", "ignore").decode()
    assert model.encode(text) == tokenizer(text)["input_ids"]


_readers: list[Any] = []


@pytest.fixture(scope="module", autouse=True)
def readers(gpt2: LlamaCppModel, folders: dict[str, Path]) -> Any:
    from transformers import AutoTokenizer

    _readers[:] = [gpt2, AutoTokenizer.from_pretrained(folders["gpt2"])]
    yield
    _readers.clear()


def _reading() -> tuple[LlamaCppModel, Any]:
    return _readers[0], _readers[1]


def test_the_port_answers_nobody_without_the_key(gpt2: LlamaCppModel) -> None:
    for path in ("/tokenize", "/completion", "/v1/completions", "/detokenize", "/props", "/slots"):
        connection = http.client.HTTPConnection(gpt2._server.address, timeout=30)
        connection.request("POST", path, '{"prompt": "x", "content": "x"}')
        assert connection.getresponse().status == 401
        connection.close()
    assert gpt2._server.address.startswith("127.0.0.1:")


def test_a_model_whose_file_is_cut_and_deleted_still_answers(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    file = Path(shutil.copy(folders["gpt2"] / "gpt2-F16.gguf", tmp_path / "gone.gguf"))
    model = load(file, threads=1)
    before = run(model)[:2]
    with file.open("r+b") as out:
        out.truncate(100)
    assert run(model)[:2] == before
    file.unlink()
    assert run(model)[:2] == before


def test_a_broken_file_is_refused_before_it_is_loaded(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    whole = (folders["gpt2"] / "gpt2-F16.gguf").read_bytes()
    for content in (b"", b"no model", whole[:1000], whole[:-5000]):
        (tmp_path / "broken.gguf").write_bytes(content)
        with pytest.raises(RefusedModelError, match="not a whole GGUF"):
            load(tmp_path / "broken.gguf", threads=1)


@pytest.mark.parametrize(
    ("sound", "odd"),
    [
        (b"blk.0.attn_qkv.weight", b"blk.0.attn_qkv.weighs"),
        # Two equal tokens: llama.cpp ends its process over them.
        (struct.pack("<Q", 1) + b"!", struct.pack("<Q", 1) + b'"'),
    ],
)
def test_a_file_that_llama_cpp_cannot_stand_is_refused_and_the_lab_lives(
    folders: dict[str, Path], tmp_path: Path, sound: bytes, odd: bytes
) -> None:
    whole = (folders["gpt2"] / "gpt2-F16.gguf").read_bytes()
    (tmp_path / "odd.gguf").write_bytes(whole.replace(sound, odd, 1))
    assert inspect_gguf(tmp_path / "odd.gguf")
    with pytest.raises(RefusedModelError, match=r"llama\.cpp cannot run odd\.gguf"):
        load(tmp_path / "odd.gguf", threads=1)


def test_a_dropped_model_gives_its_memory_back(tmp_path: Path) -> None:
    folder = make_llama(tmp_path / "large", layers=8, width=512)
    file = write_gguf(folder, tmp_path / "large.gguf", "F16")
    model = load(file, threads=1)
    del model
    before = psutil.Process().memory_info().rss
    for _ in range(4):
        model = load(file, threads=1)
        assert run(model)[1] > 0
        held = model.memory_bytes
        del model
        gc.collect()
    assert psutil.Process().memory_info().rss - before < held / 2


def test_text_without_any_token_is_refused_in_words(gpt2: LlamaCppModel) -> None:
    with pytest.raises(BadInputError, match="none of the characters"):
        gpt2.read(STORY, "", GenerationConfig())
