"""The starters in 8 bits: of these weights, whole, and as good as the originals."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from core.inference.engines import ctranslate2_engine, transformers_engine
from core.inference.engines.conversion import converted, shipped_name
from core.inference.engines.convert import convert
from core.inference.engines.converted_model import MANIFEST, is_whole
from core.inference.engines.token_by_token import never
from core.inference.types import Chunk, GenerationConfig, LoadedModel, Task
from core.model_folder import inspect_folder
from starters.splits import Example
from starters.training.recipes import MODELS, RECIPES
from starters.training.scoring import quality
from starters.training.stream import held_out

TASKS = {"translation": Task.TRANSLATION_EN_TO_FR, "summarization": Task.SUMMARIZATION}
LOST_AT_MOST = 1.0  # points of chrF or ROUGE-L
each_t5 = pytest.mark.parametrize(
    "name", [name for name, recipe in RECIPES.items() if recipe.architecture == "t5"]
)


@cache
def examples(data: str) -> list[Example]:
    """The test set on which the cards were measured; both sizes share theirs."""
    return held_out(next(r for r in RECIPES.values() if r.data == data), "test", 400)


def ask(model: LoadedModel, name: str, source: str) -> tuple[str, int]:
    recipe = RECIPES[name]
    config = GenerationConfig(max_new_tokens=recipe.max_new_tokens)
    prompt = model.read(TASKS[recipe.task], source, config)
    chunks: list[Chunk] = []
    model.generate(prompt, config, emit=chunks.append, cancelled=never)
    return "".join(chunk.text for chunk in chunks), sum(chunk.tokens for chunk in chunks)


@each_t5
def test_what_is_stored_is_what_these_weights_give(name: str, tmp_path: Path) -> None:
    folder = MODELS / name
    stored = folder / shipped_name("int8")
    assert is_whole(stored, precision="int8")
    weights = json.loads((stored / MANIFEST).read_text(encoding="utf-8"))["weights"]
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert weights == {"model.safetensors": digest}
    convert(folder, tmp_path / "again", "int8")
    for file in stored.iterdir():  # a manifest also names the versions that wrote it
        again = (tmp_path / "again" / file.name).read_bytes()
        assert file.name == MANIFEST or again == file.read_bytes()
    assert inspect_folder(folder).tasks  # the folder is still a model like any other


@each_t5
def test_in_8_bits_a_starter_is_as_good_as_its_card_says(name: str, tmp_path: Path) -> None:
    recipe, folder = RECIPES[name], MODELS / name
    made = converted(folder, "int8", cache=tmp_path)
    model = ctranslate2_engine.load(folder, converted=made, precision="int8", threads=2)
    test = examples(recipe.data)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda example: ask(model, name, example.source)[0], test))
    value = quality(recipe, answers, [example.target for example in test])
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert value >= evaluation["value"] - LOST_AT_MOST


@each_t5
def test_in_32_bits_every_token_is_that_of_transformers(name: str, tmp_path: Path) -> None:
    folder = MODELS / name
    convert(folder, tmp_path / "exact", "float32")
    fast = ctranslate2_engine.load(
        folder, converted=tmp_path / "exact", precision="float32", threads=2
    )
    reference = transformers_engine.load(folder, threads=1)
    sources = [example.source for example in examples(RECIPES[name].data)[:50]]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda source: ask(fast, name, source), sources))
    assert answers == [ask(reference, name, source) for source in sources]
