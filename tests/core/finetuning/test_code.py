"""The script that "Show the code" shows runs by itself and trains what the lab trained."""

from __future__ import annotations

import ast
import csv
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as USUAL

from core.catalogue import ModelEntry
from core.finetuning import code
from core.finetuning.code import rows_csv, script_for_training
from core.finetuning.predicting import load_classifier
from core.finetuning.records import Kind, Order
from core.finetuning.types import Example, Method, Splits, TrainingSettings
from tests.core.finetuning.bert import make_bert, make_splits

SETTINGS = TrainingSettings("local/bert", epochs=8, learning_rate=5e-3, batch_size=8)


def order_of(settings: TrainingSettings) -> Order:
    return Order("", "", Kind.MODEL, settings, Path(), 0.0)


def entry_of(folder: Path) -> ModelEntry:
    return ModelEntry("local/bert", "local", (), "", "", 0, 0, model_type="bert", path=folder)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("models") / "bert")


METHODS = {
    "full": SETTINGS,
    "lora": replace(SETTINGS, method=Method.LORA, epochs=12),
    "head": replace(SETTINGS, method=Method.HEAD, epochs=20, learning_rate=3e-2),
    "scratch": replace(SETTINGS, pretrained=False, epochs=20),
}
# One process for all of them: each would import torch and transformers anew.
ALL = """
import os, runpy, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    print("running", os.path.basename(folder))
    runpy.run_path("train.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def ran(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Run the scripts of all methods in a fresh process; return where, and what each printed."""
    place = tmp_path_factory.mktemp("scripts")
    for name, settings in METHODS.items():
        order, splits, folder = order_of(settings), make_splits(), place / name
        folder.mkdir()
        (folder / base.name).symlink_to(base)
        (folder / "train.csv").write_bytes(rows_csv(order, splits))
        (folder / "train.py").write_text(
            script_for_training(order, splits.labels, base=entry_of(base))
        )
    told = subprocess.run(
        [sys.executable, "-c", ALL, *(str(place / name) for name in METHODS)],
        env={"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    parts = told.stdout.split("running ")[1:]
    return place, dict(part.split("\n", 1) for part in parts)


@pytest.mark.parametrize("method", METHODS)
def test_the_script_trains_in_a_fresh_process(
    method: str, ran: tuple[Path, dict[str, str]]
) -> None:
    settings, splits = METHODS[method], make_splits()
    place, printed = ran
    assert printed[method].count("epoch") == settings.epochs
    model = load_classifier(place / method / "my-model")
    assert model.labels == splits.labels
    guesses = model.guess([example.text for example in splits.test])
    said = [model.labels[one.probabilities.index(max(one.probabilities))] for one in guesses]
    right = sum(one == example.label for one, example in zip(said, splits.test, strict=True))
    # One in three would be luck, and a head alone gets little more from a base of random weights.
    assert settings.method is Method.HEAD or right / len(said) > 0.8


@given(st.lists(st.text(max_size=30), min_size=1, max_size=30, unique=True), st.text(max_size=40))
def test_no_label_and_no_name_breaks_out_of_the_script(labels: list[str], base_id: str) -> None:
    settings = replace(SETTINGS, base_id=base_id, method=Method.LORA)
    script = script_for_training(order_of(settings), labels)
    plain = script_for_training(order_of(settings), ["a"])
    found, expected = ast.parse(script).body, ast.parse(plain).body
    assert len(found) == len(expected)
    values = {
        name.id: node.value
        for node in found
        if isinstance(node, ast.Assign)
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    assert ast.literal_eval(values["LABELS"]) == labels
    assert ast.literal_eval(values["MODEL"]) == base_id


def test_the_rows_are_those_that_were_trained_on_and_no_formula_runs() -> None:
    rows = tuple(Example(f"={number}+1", "=x" if number % 2 else "y") for number in range(40))
    splits = Splits("", ("=x", "y"), rows, (), ())
    content = rows_csv(order_of(replace(SETTINGS, labels_used=8)), splits).decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(content)))
    assert len(read) == 8
    assert sorted(row["label"] for row in read) == ["0"] * 4 + ["1"] * 4
    assert all(row["text"].startswith("'=") for row in read)


def test_adapters_go_where_peft_puts_them() -> None:
    for model_type in code._ATTENTION:
        assert list(USUAL[model_type]) == ["query", "value"]


def test_a_model_of_the_hub_is_named_with_its_revision() -> None:
    hub = ModelEntry("google/bert", "hub", (), "", "abc123", 0, 0, model_type="distilbert")
    settings = replace(SETTINGS, base_id=hub.id, method=Method.LORA)
    script = script_for_training(order_of(settings), ["a"], base=hub)
    assert script.count("MODEL, revision='abc123'") == 2
    assert "target_modules='all-linear'" in script
