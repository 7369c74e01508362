"""A tokenizer from its file alone gives what transformers gives."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inference.light_tokenizer import LightTokenizer
from core.inference.tokenizing import LockedTokenizer
from core.settings import ROOT, STARTERS

NAMES = ["gpt2-stories", "t5-en-fr-micro", "t5-summary-nano"]
WORDS = [
    "Once",
    "upon",
    "a",
    "time",
    ",",
    "robot's",
    "café",
    "coûte",
    "123",
    "€",
    "naïve",
    "🤖",
    "</s>",
    "<pad>",
    "<unk>",
    "<|endoftext|>",
]
words = st.sampled_from([*WORDS, "", "\n"])
texts = st.lists(words | st.text(max_size=8), max_size=25).map(" ".join)


@cache
def both(name: str) -> tuple[LightTokenizer, LockedTokenizer]:
    from transformers import AutoTokenizer

    locked = LockedTokenizer(AutoTokenizer.from_pretrained(STARTERS / name))
    file = STARTERS / name / "tokenizer.json"
    return LightTokenizer(file, eos_id=locked.eos_id, pad_id=locked.pad_id), locked


@pytest.mark.parametrize("name", NAMES)
@given(text=texts, limit=st.none() | st.integers(1, 30), special=st.booleans())
def test_it_reads_and_writes_as_transformers_does(
    name: str, text: str, limit: int | None, special: bool
) -> None:
    light, locked = both(name)
    ids = locked.encode(text, max_tokens=limit, special_tokens=special)
    assert light.encode(text, max_tokens=limit, special_tokens=special) == ids
    assert light.decode(ids) == locked.decode(ids)


@pytest.mark.parametrize("name", NAMES)
@given(ids=st.lists(st.integers(0, 1500), max_size=20))
def test_any_tokens_give_the_same_text(name: str, ids: list[int]) -> None:
    light, locked = both(name)
    assert light.decode(ids) == locked.decode(ids)


def test_threads_with_different_lengths_never_get_each_others() -> None:
    light, _ = both("t5-en-fr-micro")
    wanted = [3 + number * 7 % 29 for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: len(light.encode("robot " * 80, max_tokens=n)), wanted))
    assert found == wanted


@pytest.mark.parametrize("content", ["", "{}", "[]", "not JSON", '{"model": null}'])
def test_a_file_that_is_no_tokenizer_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        LightTokenizer(file, eos_id=None, pad_id=None)


def test_it_needs_neither_torch_nor_transformers() -> None:
    program = f"""
import sys
from pathlib import Path
from core.inference.light_tokenizer import LightTokenizer
file = Path({str(STARTERS / "gpt2-stories" / "tokenizer.json")!r})
LightTokenizer(file, eos_id=0, pad_id=0).encode("Once upon a time")
print(*(name for name in ("torch", "transformers") if name in sys.modules))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []
