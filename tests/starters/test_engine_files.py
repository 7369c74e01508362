"""The files of fast engines hold the same model as the safetensors beside them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.inference.engines import llama_cpp_engine, transformers_engine
from core.inference.types import Chunk, GenerationConfig, LoadedModel, Task
from core.settings import STARTERS
from starters.stories.check import problems
from starters.training.gguf_file import PRECISIONS, write_gguf
from tests.random_models import make_gpt2, make_llama

STORIES = STARTERS / "gpt2-stories"
NAMES = ("Lina", "Zip", "a small robot", "Otto", "Clara", "a squirrel")
OPENINGS = (
    *("Once upon a time in AI world,", "Hello", "été 🤖", "1 2 3", "There was {} who", "{} said:"),
    *("One day {}", "Last night {} dreamed", "In a garden {} found", "{} was sad because"),
)
PROMPTS = sorted({opening.format(name) for opening in OPENINGS for name in NAMES})


def answer(model: LoadedModel, text: str, **config: Any) -> tuple[tuple[int, ...], str, int]:
    """Return the ids of the prompt, the text, and the number of its tokens."""
    asked = GenerationConfig(**{"max_new_tokens": 120, **config})
    prompt = model.read(Task.TEXT_GENERATION, text, asked)
    chunks: list[Chunk] = []
    model.generate(prompt, asked, emit=chunks.append, cancelled=lambda: False)
    return prompt.ids, "".join(c.text for c in chunks), sum(c.tokens for c in chunks)


def stored(precision: str) -> LoadedModel:
    return llama_cpp_engine.load(STORIES / f"gpt2-stories-{precision}.gguf", threads=1)


def test_the_stored_files_are_those_of_the_stored_weights(tmp_path: Path) -> None:
    (tmp_path / "gpt2-stories").symlink_to(STORIES)
    for precision in PRECISIONS:
        name = f"gpt2-stories-{precision}.gguf"
        written = write_gguf(tmp_path / "gpt2-stories", tmp_path / name, precision)
        assert written.read_bytes() == (STORIES / name).read_bytes()


def test_a_starter_in_16_bits_tells_the_stories_of_transformers() -> None:
    """All but 1 in 100: there, two words are equally likely up to the last bits of 16."""
    theirs = transformers_engine.load(STORIES, threads=1)
    ours = stored("F16")
    same = [answer(theirs, prompt) == answer(ours, prompt) for prompt in PROMPTS]
    assert sum(same) >= 0.95 * len(PROMPTS)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_fewer_bits_tell_other_stories_that_are_as_sound(precision: str) -> None:
    model = stored(precision)
    opening = "Once upon a time in AI world,"

    def is_sound(seed: int) -> bool:
        told = answer(model, opening, max_new_tokens=200, temperature=0.8, top_p=0.95, seed=seed)
        return told[2] < 200 and not problems(opening + told[1])

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(is_sound, range(100))) >= 98


@pytest.mark.parametrize("make", [make_gpt2, make_llama])
def test_random_weights_give_the_probabilities_of_transformers(tmp_path: Path, make: Any) -> None:
    """Whole texts would differ: to random weights many words are equally likely."""
    folder = make(tmp_path / "model", spread=0.3)
    ours = llama_cpp_engine.load(write_gguf(folder, tmp_path / "m.gguf", "F16"), threads=1)
    theirs = transformers_engine.load(folder, threads=1)
    compared = 0
    for text in ("Once", "The delivery was late", "robot " * 12, "how much is the red car? 7"):
        asked = GenerationConfig(max_new_tokens=1, alternatives=10)
        told = []
        for model in (ours, theirs):
            chunks: list[Chunk] = []
            prompt = model.read(Task.TEXT_GENERATION, text, asked)
            model.generate(prompt, asked, emit=chunks.append, cancelled=lambda: False)
            choices = [choice for chunk in chunks for choice in chunk.choices]
            told += [[likely for _, likely in choice.alternatives] for choice in choices]
        # llama.cpp tells nothing of half a character.
        if len(told) == 2:
            compared += 1
            assert told[0] == pytest.approx(told[1], rel=0.1, abs=0.003)
    assert compared


@pytest.fixture(scope="module")
def readers() -> tuple[Any, Any]:
    return transformers_engine.load(STORIES, threads=1).tokenizer, stored("Q4_0")


@given(text=st.text(max_size=80) | st.sampled_from(["<|endoftext|>", "a<|endoftext|> b", "\n\n "]))
@settings(max_examples=200)
def test_any_text_has_the_tokens_of_the_hugging_face_tokenizer(
    readers: tuple[Any, Any], text: str
) -> None:
    text = text.encode("utf-8", "ignore").decode()
    theirs, ours = readers
    assert ours.encode(text) == theirs.encode(text)
