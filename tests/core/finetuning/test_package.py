"""A model leaves the lab as a zip that plain transformers loads, with a card that is true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.card import model_card, model_name, verbatim
from core.finetuning.feedback import FEEDBACK, customer_feedback
from core.finetuning.jobs import Training
from core.finetuning.package import open_package, package_bytes, package_name
from core.finetuning.records import STOPPED_BEFORE, Kind, Order
from core.finetuning.types import Example, Method, Splits
from tests.core.finetuning.bert import make_bert, make_splits
from tests.core.finetuning.trained import SETTINGS, make_line, make_trained

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = "<script>x</script> [a](http://b/c) ![i](http://i) `b` | *c* \n---\n- =1+1 \u202e$z$"
ORDER = Order("", "", Kind.MODEL, SETTINGS, Path(), 0.0)
ELSEWHERE = """
import json, sys
from transformers import pipeline
texts = json.load(sys.stdin)
for folder in sys.argv[1:]:
    print(json.dumps(pipeline("text-classification", folder, top_k=None)(texts)))
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def full(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return make_trained(make_line(tmp_path_factory.mktemp("lab")), base, make_splits())


def unpacked(training: Training, to: Path) -> Path:
    with open_package(training) as packed, ZipFile(packed) as zipped:
        assert zipped.testzip() is None
        zipped.extractall(to)
    return to / package_name(training)


def test_the_zip_loads_elsewhere_with_plain_transformers_and_says_the_same(
    full: Training, base: Path, tmp_path: Path
) -> None:
    line, splits = make_line(tmp_path / "lab"), make_splits()
    others = [
        make_trained(line, base, splits, replace(SETTINGS, method=method, epochs=1))
        for method in (Method.LORA, Method.HEAD)
    ]
    trainings = [full, *others]
    texts = [example.text for example in splits.test[:5]]
    said = subprocess.run(
        [
            *(sys.executable, "-c", ELSEWHERE),
            *(unpacked(training, tmp_path / training.id) for training in trainings),
        ],
        input=json.dumps(texts),
        env={"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for training, answers in zip(trainings, said.stdout.splitlines(), strict=True):
        result = training.result
        assert result is not None
        assert result.evaluation is not None
        for guess, answer in zip(result.evaluation.guesses, json.loads(answers), strict=False):
            there = {one["label"]: one["score"] for one in answer}
            here = dict(zip(result.evaluation.labels, guess.probabilities, strict=True))
            assert there == pytest.approx(here, abs=1e-4)


def test_weights_are_stored_and_nothing_of_this_machine_is_packed(
    full: Training, base: Path
) -> None:
    with open_package(full) as packed, ZipFile(packed) as zipped:
        kinds = {Path(info.filename).name: info.compress_type for info in zipped.infolist()}
        contents = b"".join(zipped.read(name) for name in zipped.namelist())
    assert kinds["model.safetensors"] == ZIP_STORED
    assert {"README.md", "config.json", "tokenizer.json"} <= set(kinds)
    assert str(base.parent).encode() not in contents
    assert full.id.encode() not in contents
    assert full.order.owner.encode() not in contents
    assert package_bytes(full) > 60_000


def test_the_card_tells_data_settings_numbers_cost_and_limits(full: Training) -> None:
    result, splits = full.result, full.splits()
    assert result is not None
    assert result.evaluation is not None
    text = model_card(full.order, splits, result, scratch=result.evaluation)
    card = ModelCard(text)
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.license is None
    assert card.data.language is None
    assert card.data.base_model is None
    assert [one.metric_value for one in card.data.eval_results or ()] == [
        round(result.evaluation.accuracy.value, 4),
        round(result.evaluation.macro_f1.value, 4),
    ]
    for words in (
        "## Data\n\n`plain feedback`.",
        "| train | 96 |",
        "- `neutral`: 32 rows of train",
        "| learning rate | 0.005",
        "| seed | 9 |",
        "| always the commonest label | 33.3%",
        "| the same from scratch |",
        f"{result.cost.parameters:,} parameters were trained",
        "Trained in a course on 96 texts",
        "Not for decisions about people",
        "Tested on 30 texts of the same data alone",
    ):
        assert words in text
    low, high = result.evaluation.accuracy.low, result.evaluation.accuracy.high
    assert f"({low:.1%} to {high:.1%})" in text


def test_licence_language_and_base_are_named_where_they_are_known(full: Training) -> None:
    result = full.result
    assert result is not None
    own = customer_feedback()
    assert "license: mit\nlanguage:\n- en" in (FEEDBACK / "README.md").read_text()
    starter = ModelEntry("starter/bert", "starter", (), "", "", 0, 0, licence="mit")
    data = ModelCard(model_card(full.order, own, result, base=starter)).data
    assert (data.license, data.language, data.base_model) == ("mit", "en", None)
    hub = replace(starter, id="google/bert", source="hub", licence="apache-2.0")
    data = ModelCard(model_card(full.order, own, result, base=hub)).data
    assert (data.license, data.language, data.base_model) == (None, "en", "google/bert")
    # A name alone makes nobody's file the lab's own data.
    forged = replace(make_splits(), name=own.name)
    assert "licence is not known" in model_card(full.order, forged, result, base=starter)


def test_a_card_says_what_was_made_to_fail_and_what_was_not_tested(full: Training) -> None:
    result = full.result
    assert result is not None
    failed = replace(full.order, name=f"x · {'30 % wrong labels'}")
    untested = replace(result, evaluation=None, stopped=True)
    text = model_card(failed, replace(make_splits(), test=()), untested)
    assert "Made to fail on purpose" in text
    assert "Not tested at all." in text
    assert "stopped by hand" in text
    assert "eval_results" not in text
    assert "Made to fail" not in model_card(full.order, make_splits(), result)


@given(st.text(max_size=60) | st.just(HOSTILE))
def test_whatever_a_student_typed_is_shown_as_text_alone(full: Training, typed: str) -> None:
    result = full.result
    assert result is not None
    other = "other label"
    labels = (typed, other) if typed != other else (other,)
    rows = tuple(Example("text", label) for label in labels)
    settings = replace(full.settings, base_id=f"local/{typed}")
    order = replace(full.order, settings=settings, name=typed)
    text = model_card(order, Splits(typed, labels, rows, rows, rows), result)
    text.encode()
    card = ModelCard(text)
    assert card.data.model_name == model_name(order)
    assert set(card.data.to_dict()) <= {
        *("library_name", "pipeline_tag", "tags", "metrics", "model-index")
    }
    drawn, tame = (MARKDOWN.render(text) for text in (card.text, tame_card(full, len(labels))))
    for tag in ("<a ", "<img", "<script", "<h1", "<h2", "<li>", "<tr>", "<em>", "<strong>", "<hr"):
        assert drawn.count(tag) == tame.count(tag)


@cache
def tame_card(training: Training, labels: int) -> str:
    """Return the body of a card in which nothing is hostile."""
    assert training.result is not None
    rows = (Example("text", "a"),)
    splits = Splits("a", ("a", "b")[:labels], rows, rows, rows)
    return ModelCard(model_card(training.order, splits, training.result)).text


@given(st.text(max_size=200))
def test_verbatim_is_one_short_line(typed: str) -> None:
    shown = verbatim(typed)
    assert "\n" not in shown
    assert len(shown) < 200


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_name_is_fit_for_a_file_and_for_the_hub(base_id: str, data: str) -> None:
    name = model_name(replace(ORDER, name=data, settings=replace(SETTINGS, base_id=base_id)))
    assert 0 < len(name) <= 60
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")


def test_hundreds_of_labels_make_no_endless_card(full: Training) -> None:
    result = full.result
    assert result is not None
    labels = tuple(f"label {number}" for number in range(300))
    text = model_card(full.order, Splits("many", labels, (), (), ()), result)
    assert "and 260 more" in text
    assert len(text) < 10_000


def test_a_training_without_a_model_gives_no_zip(full: Training, tmp_path: Path) -> None:
    assert full.result is not None
    line = make_line(tmp_path)
    for result, words in (
        (replace(full.result, evaluation=None), "gone or damaged"),
        (STOPPED_BEFORE, "gave no model"),
    ):
        folder = line.store.create(full.order, make_splits())
        folder.write_result(result)
        training = line.find(folder.id)
        assert training is not None
        with pytest.raises(LabError, match=words):
            open_package(training)
