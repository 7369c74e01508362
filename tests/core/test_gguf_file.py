"""A GGUF file is read without loading it and without trusting it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RefusedModelError
from core.gguf_file import GgufFacts, inspect_gguf
from core.gguf_plan import plan_gguf
from starters.training.gguf_file import PRECISIONS, write_gguf
from tests.random_models import make_gpt2, make_llama

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("gguf")
    return write_gguf(make_gpt2(folder / "story"), folder / "story.gguf", "Q8_0").read_bytes()


def inspect_or_refuse(path: Path) -> GgufFacts | None:
    """Return the facts, or None when the file is refused in words; nothing else may happen."""
    try:
        return inspect_gguf(path)
    except RefusedModelError as error:
        assert error.message
        assert error.next_step
        assert len(str(error)) < 500
        str(error).encode("utf-8")
        return None


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("make", [make_gpt2, make_llama])
def test_a_real_file_is_described_as_it_is(
    tmp_path: Path, precision: str, make: Callable[[Path], Path]
) -> None:
    from transformers import AutoModelForCausalLM

    folder = make(tmp_path / "model")
    file = write_gguf(folder, tmp_path / "model.gguf", precision)
    facts = inspect_gguf(file)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert facts.architecture == model.config.model_type
    assert facts.parameters == sum(p.numel() for p in model.parameters())
    assert facts.vocabulary == model.config.vocab_size
    assert facts.context_length == model.config.max_position_embeddings
    heads = getattr(model.config, "num_key_value_heads", None) or model.config.n_head
    width = model.config.hidden_size // model.config.num_attention_heads
    assert facts.kv_token_bytes == model.config.num_hidden_layers * heads * width * 2 * 2
    assert (facts.precision, facts.model_bytes) == (precision, file.stat().st_size)
    assert (facts.title, facts.licence) == ("model", "mit")


@in_one_folder
@given(data=st.binary(max_size=300), magic=st.booleans())
def test_any_bytes_are_refused_in_words(tmp_path: Path, data: bytes, magic: bool) -> None:
    file = tmp_path / "any.gguf"
    file.write_bytes((b"GGUF" + struct.pack("<IQQ", 3, 1, 1) if magic else b"") + data)
    assert inspect_or_refuse(file) is None


@in_one_folder
@given(share=st.floats(0, 1))
def test_any_truncation_is_refused_in_words(tmp_path: Path, whole: bytes, share: float) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(whole[: int(share * (len(whole) - 32))])  # the end may be padding
    assert inspect_or_refuse(file) is None


@in_one_folder
@given(flips=st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_give_facts_within_the_file_or_words(
    tmp_path: Path, whole: bytes, flips: list[tuple[int, int]]
) -> None:
    flipped = bytearray(whole)
    for place, bit in flips:
        flipped[place % len(whole)] ^= 1 << bit
    file = tmp_path / "flipped.gguf"
    file.write_bytes(flipped)
    if facts := inspect_or_refuse(file):
        assert facts.parameters <= 8 * len(whole)
        assert facts.title.isprintable()
        assert facts.kv_token_bytes > 0


@in_one_folder
@given(length=st.sampled_from([0, 1, 2**20, 2**32, 2**61, 2**64 - 1]), kind=st.integers(0, 14))
def test_a_list_of_any_promised_length_ends_quickly(
    tmp_path: Path, whole: bytes, length: int, kind: int
) -> None:
    key = b"tokenizer.ggml.tokens"
    place = whole.index(key) + len(key) + 4
    file = tmp_path / "long.gguf"
    file.write_bytes(whole[:place] + struct.pack("<IQ", kind, length) + whole[place + 12 :])
    inspect_or_refuse(file)


def write(file: Path, architecture: str, **keys: int | str) -> Path:
    """Write a file with one tensor and these keys; `__` stands for a dot."""
    import numpy as np

    writer = GGUFWriter(file, architecture)
    numbers = {"context_length": 8, "block_count": 1, "embedding_length": 4}
    numbers["attention__head_count"] = 2
    told = {f"{architecture}__{key}": value for key, value in numbers.items()}
    for key, value in {**told, "tokenizer__ggml__model": "gpt2", **keys}.items():
        name = key.replace("__", ".")
        writer.add_string(name, value) if isinstance(value, str) else writer.add_uint32(name, value)
    writer.add_token_list(["a", "b"])
    writer.add_tensor("w", np.zeros((2, 4), np.float32), raw_dtype=GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.mark.parametrize(
    ("architecture", "keys", "words"),
    [
        ("clip", {}, "does not run: clip"),
        ("t5", {}, "does not run: t5"),
        ("llama", {"split__count": 3}, "one of 3 parts"),
        ("llama", {"general__type": "adapter"}, "no model by itself"),
        ("llama", {"llama__context_length": 0}, "context_length is missing or out of range"),
        ("llama", {"llama__attention__head_count": 0}, "head_count is missing or out of range"),
        ("llama", {"llama__attention__head_count": 9}, "more heads than its width"),
        ("llama", {"llama__block_count": 2**30}, "block_count is missing or out of range"),
    ],
)
def test_what_the_lab_does_not_run_is_refused_with_the_reason(
    tmp_path: Path, architecture: str, keys: dict[str, int | str], words: str
) -> None:
    assert inspect_gguf(write(tmp_path / "well.gguf", "llama"))
    with pytest.raises(RefusedModelError, match=words):
        inspect_gguf(write(tmp_path / "odd.gguf", architecture, **keys))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    for name in ("pipe.gguf", "missing.gguf", "."):
        assert inspect_or_refuse(tmp_path / name) is None


@given(
    context=st.integers(1, 2**20),
    kv_token_bytes=st.integers(1, 2**24),
    vocabulary=st.integers(1, 2**18),
)
def test_a_plan_has_room_for_one_whole_request_and_counts_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, context: int, kv_token_bytes: int, vocabulary: int
) -> None:
    facts = GgufFacts(
        path=Path("x"),
        architecture="llama",
        title="",
        licence="",
        parameters=1,
        precision="Q8_0",
        vocabulary=vocabulary,
        context_length=context,
        kv_token_bytes=kv_token_bytes,
        model_bytes=1000,
    )
    plan = plan_gguf(facts)
    assert 1 <= plan.context <= min(context, 4096)
    assert plan.context <= plan.kv_tokens <= 16 * plan.context + 256
    assert plan.memory_bytes > 1000 + plan.kv_tokens * kv_token_bytes
    assert plan_gguf(replace(facts, model_bytes=2000)).memory_bytes == plan.memory_bytes + 1000
