"""A model folder is read without loading it and without trusting it."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RefusedModelError
from core.inference.types import Task
from core.model_folder import FolderFacts, inspect_folder

GPT2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_positions": 128}
TENSOR = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}

WILD_NUMBERS = (
    st.integers() | st.floats() | st.sampled_from([-1, 2**31, 2**63, 2**64, 10**400, 1e400])
)
WILD_JSON = st.recursive(
    st.none() | st.booleans() | WILD_NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def weights(header: Any, data: bytes = bytes(24)) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def write(
    folder: Path,
    config: Any = GPT2,
    files: dict[str, bytes] | None = None,
    card: str | bytes | None = None,
) -> Path:
    """Make `folder` a model folder with these files."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_bytes(
        config if isinstance(config, bytes) else json.dumps(config).encode()
    )
    (folder / "tokenizer.json").write_text("{}")
    files = {"model.safetensors": weights({"w": TENSOR})} if files is None else files
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if card is not None:
        (folder / "README.md").write_bytes(card.encode() if isinstance(card, str) else card)
    return folder


def inspect_or_refuse(folder: Path) -> FolderFacts | None:
    """Return the facts, or None when the folder is refused in words; nothing else may happen."""
    try:
        return inspect_folder(folder)
    except RefusedModelError as error:
        assert error.message
        assert error.next_step
        assert len(str(error)) < 1000
        str(error).encode("utf-8")
        return None


def test_a_real_model_is_described_as_it_is(models_dir: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    facts = inspect_folder(models_dir / "story")
    model = AutoModelForCausalLM.from_pretrained(models_dir / "story", dtype=torch.float32)
    assert facts.parameters == sum(p.numel() for p in model.parameters())
    assert facts.weights_bytes == (models_dir / "story" / "model.safetensors").stat().st_size
    assert (facts.architecture, facts.model_type) == ("GPT2LMHeadModel", "gpt2")
    assert facts.tasks == (Task.TEXT_GENERATION,)
    assert facts.context_length == 128


@in_one_folder
@given(config=WILD_JSON | st.dictionaries(st.sampled_from([*GPT2, "n_ctx"]), WILD_JSON))
def test_any_json_as_config_gives_facts_or_words(tmp_path: Path, config: Any) -> None:
    inspect_or_refuse(write(tmp_path / "model", config))


@in_one_folder
@given(config=st.binary())
def test_any_bytes_as_config_are_refused_in_words(tmp_path: Path, config: bytes) -> None:
    inspect_or_refuse(write(tmp_path / "model", config))


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"n_positions": ' + b"9" * 10_000 + b"}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"architectures": [NaN]}',
        json.dumps({**GPT2, "architectures": [["GPT2LMHeadModel"]]}).encode(),
        json.dumps({**GPT2, "architectures": {"0": "GPT2LMHeadModel"}}).encode(),
        json.dumps({**GPT2, "architectures": ["\ud800" + "ForCausalLM"]}).encode(),
        json.dumps({**GPT2, "architectures": ["X" * 10**6 + "ForCausalLM"]}).encode(),
    ],
    ids=range(11),
)
def test_a_broken_config_is_refused_in_words(tmp_path: Path, config: bytes) -> None:
    assert inspect_or_refuse(write(tmp_path / "model", config)) is None


@in_one_folder
@given(
    shape=WILD_JSON | st.lists(WILD_NUMBERS),
    offsets=WILD_JSON | st.lists(WILD_NUMBERS, max_size=3),
    dtype=st.sampled_from(["F32", "BF16", "I64", "F4", "none", 3]),
    name=st.text(),
)
def test_any_weights_header_gives_facts_or_words(
    tmp_path: Path, shape: Any, offsets: Any, dtype: Any, name: str
) -> None:
    header = {name: {"dtype": dtype, "shape": shape, "data_offsets": offsets}}
    folder = write(tmp_path / "model", files={"model.safetensors": weights(header)})
    facts = inspect_or_refuse(folder)
    # What the file cannot hold is never believed: 24 bytes are 48 values of 4 bits at most.
    assert facts is None or 0 < facts.parameters <= 48


@in_one_folder
@given(content=st.binary() | WILD_JSON.map(weights) | st.binary().map(weights))
def test_any_bytes_as_weights_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    folder = write(tmp_path / "model", files={"model.safetensors": content})
    assert inspect_or_refuse(folder) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        b"\xff" * 100,
        struct.pack("<Q", 2**63) + b"{}",
        weights(b"[" * 200_000),
        weights(b'{"a":' * 50_000),
        weights({}, b""),
        weights({"__metadata__": {"format": "pt"}}, b""),
        weights({"w": TENSOR}, bytes(23)),
        weights({"w": TENSOR}, bytes(25)),
        weights({"w": {**TENSOR, "shape": [-2, -3]}}),
        weights({"w": {**TENSOR, "shape": [10**400]}}),
        weights({"w": {**TENSOR, "shape": [2**40, 2**40]}}),
        weights({"w": {**TENSOR, "shape": [0], "data_offsets": [0, 0]}}, b""),
        weights({"w": {**TENSOR, "data_offsets": [24, 0]}}),
        weights({"w": {**TENSOR, "data_offsets": [0, 2**70]}}),
        weights({"w": TENSOR, "v": TENSOR}),
    ],
    ids=range(17),
)
def test_damaged_weights_are_refused_with_the_reason(tmp_path: Path, content: bytes) -> None:
    folder = write(tmp_path / "model", files={"model.safetensors": content})
    with pytest.raises(RefusedModelError, match="damaged or incomplete"):
        inspect_folder(folder)


def test_an_interrupted_download_is_refused(models_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(models_dir / "story", tmp_path / "half")
    file = tmp_path / "half" / "model.safetensors"
    os.truncate(file, file.stat().st_size - 1)
    with pytest.raises(RefusedModelError, match="damaged or incomplete"):
        inspect_folder(tmp_path / "half")


def test_names_of_weights_may_be_in_any_script(tmp_path: Path) -> None:
    files = {"model.safetensors": weights({"poids/é🤖ש": TENSOR})}
    assert inspect_folder(write(tmp_path / "modèle", files=files)).parameters == 6


def test_the_parts_of_a_large_model_are_added_up(tmp_path: Path) -> None:
    part = weights({"w": TENSOR})
    files = {f"model-0000{number}-of-00002.safetensors": part for number in (1, 2)}
    facts = inspect_folder(write(tmp_path / "model", files=files))
    assert (facts.parameters, facts.weights_bytes) == (12, 2 * len(part))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "x.pth", "x.ckpt", "x.pkl"])
def test_pickle_weights_alone_are_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "model", files={name: b"\x80\x04."})
    with pytest.raises(RefusedModelError, match="pickle"):
        inspect_folder(folder)


def test_a_folder_without_weights_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(RefusedModelError, match="no weights"):
        inspect_folder(write(tmp_path / "model", files={}))


def test_a_folder_without_a_tokenizer_is_refused_with_the_reason(tmp_path: Path) -> None:
    """transformers would invent an empty one, and the model answer nonsense."""
    folder = write(tmp_path / "model")
    (folder / "tokenizer.json").rename(folder / "spiece.model")
    assert inspect_folder(folder)
    (folder / "spiece.model").unlink()
    with pytest.raises(RefusedModelError, match="no tokenizer"):
        inspect_folder(folder)


def test_a_model_with_code_of_its_own_is_refused_with_the_reason(tmp_path: Path) -> None:
    config = {**GPT2, "auto_map": {"AutoModelForCausalLM": "evil.Model"}}
    with pytest.raises(RefusedModelError, match="Python code of its own"):
        inspect_folder(write(tmp_path / "model", config))


@pytest.mark.parametrize("architecture", ["BertForQuestionAnswering", "SomethingElse"])
def test_a_model_for_other_tasks_is_refused_by_its_name(tmp_path: Path, architecture: str) -> None:
    with pytest.raises(RefusedModelError, match=architecture):
        inspect_folder(write(tmp_path / "model", {"architectures": [architecture]}))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "README.md"])
@pytest.mark.parametrize("kind", ["directory", "pipe", "circular link", "dangling link", "device"])
def test_what_is_no_plain_file_is_never_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    """Reading a pipe without a writer would hang, and this test run into its time limit."""
    folder = write(tmp_path / "model", card="---\nlicense: mit\n---\n")
    place = folder / name
    place.unlink()
    match kind:
        case "directory":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "circular link":
            place.symlink_to(place)
        case "dangling link":
            place.symlink_to(tmp_path / "nowhere")
        case "device":
            place.symlink_to("/dev/zero")
    facts = inspect_or_refuse(folder)
    assert (facts is not None) == (name == "README.md")
    assert facts is None or facts.card == {}


def test_links_to_the_real_files_are_followed_as_the_hub_s_cache_needs(tmp_path: Path) -> None:
    real = write(tmp_path / "real")
    linked = tmp_path / "linked"
    linked.mkdir()
    for file in real.iterdir():
        (linked / file.name).symlink_to(file)
    assert inspect_folder(linked).parameters == 6


@in_one_folder
@given(card=st.binary() | st.text().map(lambda text: f"---\n{text}\n---\n".encode()))
def test_any_card_is_read_or_passed_over(tmp_path: Path, card: bytes) -> None:
    facts = inspect_folder(write(tmp_path / "model", card=card))
    assert isinstance(facts.card, Mapping)


def merge_bomb(levels: int = 9) -> str:
    lines = ["l0: &l0 {k: v}"]
    for level in range(1, levels):
        many = ", ".join([f"*l{level - 1}"] * 10)
        lines.append(f"l{level}: &l{level}\n  <<: [{many}]\n  x{level}: 1")
    return "\n".join(lines)


def alias_bomb(levels: int = 12) -> str:
    lines = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["l0: &l0 [lol]", *lines, f"tags: [*l{levels - 1}, summarization]"])


@pytest.mark.parametrize(
    "front",
    [
        alias_bomb(),
        merge_bomb(),
        "a: &a [*a]",
        "[" * 100_000,
        "? " * 50_000,
        "date: 2024-99-99",
        "n: 0x",
        "a: !!int many\nb: !!python/object/apply:os.system [ls]",
        "a: !!timestamp never",
        "{[1]: 2}",
        "license: [mit]\npipeline_tag: {a: b}\ntags: {summarization: translation}",
        "\x00",
        "- a list",
        "",
    ],
    ids=range(14),
)
def test_a_hostile_card_does_no_harm(tmp_path: Path, front: str) -> None:
    """The bombs would take hours and all the memory; the test's time limit is what they meet."""
    config = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"}
    facts = inspect_folder(write(tmp_path / "model", config, card=f"---\n{front}\n---\n"))
    assert facts.tasks == (Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR)


BOTH = (Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR)


@pytest.mark.parametrize(
    ("model_type", "name", "card", "tasks"),
    [
        ("t5", "any", "", BOTH),
        ("t5", "any", "pipeline_tag: summarization", BOTH[:1]),
        ("t5", "any", "pipeline_tag: translation", BOTH[1:]),
        ("t5", "t5", "pipeline_tag: translation\ntags: [summarization, translation]", BOTH),
        ("t5", "any", "pipeline_tag: nonsense", BOTH),
        ("bart", "any", "", BOTH[:1]),
        ("marian", "opus-mt-en-fr", "", BOTH[1:]),
    ],
)
def test_the_tasks_of_an_encoder_decoder_follow_its_kind_and_card(
    tmp_path: Path, model_type: str, name: str, card: str, tasks: tuple[Task, ...]
) -> None:
    config = {"architectures": ["XForConditionalGeneration"], "model_type": model_type}
    folder = write(tmp_path / name, config, card=f"---\n{card}\n---\n")
    assert inspect_folder(folder).tasks == tasks


def test_a_translator_of_another_pair_is_refused(tmp_path: Path) -> None:
    config = {"architectures": ["MarianMTModel"], "model_type": "marian"}
    with pytest.raises(RefusedModelError):
        inspect_folder(write(tmp_path / "opus-mt-de-es", config))
