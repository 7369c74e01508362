"""A student fine-tunes: data, settings, training, results, sentences of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.finetuning.companions import curve_of
from core.finetuning.curve_chart import curve_finding
from core.finetuning.failure_presets import PRESETS, SPOILT, Preset, drawn, preset_of
from core.finetuning.jobs import State, Training, trainings
from core.finetuning.types import TrainingSettings
from core.settings import ROOT
from tests.core.finetuning.bert import make_bert, make_splits
from tests.core.finetuning.trained import make_trained
from tests.loopback_hub import Repo, point_at, serve

HOME = ROOT / "Home.py"
ENOUGH_S = 120
STARS = "Bewertung;Text\n" + "".join(
    f"{stars};{word} the {thing}\n"
    for stars, words in ((1, "bad broken late"), (3, "okay usual plain"), (5, "good great lovely"))
    for word in words.split()
    for thing in ["phone", "shop", "delivery", "charger", "screen", "robot", "car", "case"]
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_bert(folder / "bert")
    return folder


@pytest.fixture(autouse=True)
def school(models: Path, lab_with: Callable[[Path], None]) -> None:
    lab_with(models)


def visit(**query: str) -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60).run()
    at.switch_page("pages/tasks/finetune.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    if any(box.key == "finetune.base" for box in at.selectbox):
        at.selectbox(key="finetune.base").set_value("local/bert").run()
    return at


def upload(at: AppTest, content: bytes, name: str = "feedback.csv") -> AppTest:
    at.segmented_control(key="finetune.source").set_value("My own file").run()
    at.file_uploader(key="finetune.upload").set_value((name, content, "text/csv")).run()
    assert not at.exception
    return at


def train(at: AppTest) -> Training:
    """Press Train and return the training, which goes on."""
    at.button(key="finetune.run").click().run()
    assert not at.exception
    return found(at)


def trained_here(models: Path, preset: Preset, name: str = "") -> Training:
    """Return a training that has ended, made in this process, which spares starting another."""
    settings = TrainingSettings("local/bert", **dict(PRESETS[preset].fields))
    return make_trained(
        trainings(), models / "bert", make_splits(), settings, preset=preset, name=name
    )


def found(at: AppTest) -> Training:
    training = trainings().find(at.session_state["finetune.training"])
    assert training is not None
    return training


def end(training: Training) -> State:
    until(lambda: training.state.ended)
    return training.state


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + ENOUGH_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def words(at: AppTest) -> str:
    boxes = (
        at.title,
        at.header,
        at.caption,
        at.markdown,
        at.info,
        at.warning,
        at.error,
        at.success,
    )
    return "\n".join(box.value for kind in boxes for box in kind).replace("\\", "")


def test_a_students_own_stars_become_a_model_that_reads_their_sentences() -> None:
    at = upload(visit(), b"\xef\xbb\xbf" + STARS.encode())
    assert "72 rows, 2 columns" in words(at)
    assert "Balanced" in words(at)
    assert not at.error
    at.radio(key="finetune.expected").set_value("Both hardly move").run()
    training = train(at)
    assert end(training) is State.DONE
    at.run()
    assert not at.exception
    said = words(at)
    assert "Done. The results stand below." in said
    assert "redicted: Both hardly move." in said
    assert "test texts are right" in said
    assert "What it cost" in "".join(box.value for box in at.subheader)
    at.text_area(key="finetune.sentences").set_value("good phone\n<b>bad</b> [x](http://y) $z$\n")
    at.run().button(key="finetune.try").click().run()
    assert not at.exception
    assert "of 2 sentences" in words(at)
    at.button(key="finetune.explain").click().run()
    assert not at.exception
    assert not at.error


def test_a_reload_in_the_middle_finds_the_training_and_stop_keeps_the_best() -> None:
    at = visit()
    at.slider(key="finetune.epochs").set_value(60).run()
    training = train(at)
    until(lambda: training.latest is not None and training.latest.step > 3)
    again = visit(training=training.id)
    assert again.button(key="finetune.run").disabled
    assert "It goes on when you leave this page" in words(again)
    assert again.slider(key="finetune.epochs").value == 60
    assert again.segmented_control(key="finetune.source").value == "Customer feedback"
    again.button(key="finetune.stop").click().run()
    assert end(training) is State.STOPPED
    again.run()
    assert not again.exception
    assert "Stopped." in words(again)
    assert not again.button(key="finetune.again").disabled


def test_a_learning_curve_is_drawn_beside_its_training_and_found_after_a_reload(
    models: Path,
) -> None:
    training = trained_here(models, Preset.SOUND, name="feedback.csv · A sound training")
    at = visit(training=training.id)
    at.radio(key=f"finetune.{training.id}.head_start").set_value(32).run()
    at.button(key="finetune.curve").click().run()
    assert not at.exception
    curve = curve_of(training)
    assert curve is not None
    assert not at.button(key="finetune.curve.stop").disabled
    assert end(curve) is State.DONE
    assert [(point.labels_used, point.pretrained) for point in curve.points] == [
        (size, pretrained) for size in (8, 32) for pretrained in (True, False)
    ]
    assert curve.result is not None
    assert curve.result.model is None
    later = visit(training=training.id)
    # The form is as it was, with the data that were uploaded.
    assert later.segmented_control(key="finetune.source").value == "Data of my last training"
    assert later.selectbox(key="finetune.base").value == "local/bert"
    assert not later.button(key="finetune.run").disabled
    said = words(later)
    assert "feedback.csv · A sound training" in said
    assert "3 epochs · learning rate 0.0003 · batches of 16" in said
    assert curve_finding(curve.points) in said
    assert [len(table.value) for table in later.table][-1] == 2
    # The curve is no twin from scratch.
    assert later.button(key="finetune.scratch")


def test_who_waits_sees_the_line_and_starts_again_after_a_restart_of_the_lab() -> None:
    first, second = visit(), visit()
    for at in (first, second):
        at.slider(key="finetune.epochs").set_value(60).run()
    train(first)
    waiting = train(second)
    assert "1 training before yours." in words(second)
    trainings().close()
    trainings.cache_clear()
    at = visit(training=waiting.id)
    assert "The lab was restarted" in words(at)
    at.button(key="finetune.again").click().run()
    assert not at.exception
    again = found(at)
    assert again.id != waiting.id
    assert again.settings == waiting.settings
    again.stop()
    end(again)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04\x14\x00\x06\x00" * 400,
        b"text,label\n",
        b"text,label\ngood,a\nbad,a\nworse,a\n",
    ],
    ids=["empty", "binary", "no rows", "one label"],
)
def test_data_that_cannot_be_trained_on_are_refused_in_words(content: bytes) -> None:
    at = upload(visit(), content)
    assert at.error
    assert at.button(key="finetune.run").disabled


def test_hostile_cells_are_drawn_as_they_are() -> None:
    evil = "![i](http://x/y) <b>w</b> :red[x] $z$"
    rows = "".join(f'"{evil} {n}","{evil if n % 2 else "`a` **b**"}"\n' for n in range(80))
    at = upload(visit(), f'"{evil}","label"\n{rows}'.encode(), name=f"{evil}.csv".replace("/", ""))
    assert not at.exception
    assert not [box for box in at.markdown if "![i](" in box.value]


def test_a_formula_is_none_any_more_in_a_table_that_can_be_downloaded() -> None:
    rows = "".join(f'"=1+{n}","{"+bad" if n % 2 else "@good"}"\n' for n in range(80))
    at = upload(visit(), f"text,label\n{rows}".encode())
    cells = [cell for table in at.dataframe for cell in table.value.to_numpy().ravel()]
    assert "'=1+0" in cells
    assert not [cell for cell in cells if str(cell).startswith(("=", "+", "@"))]


def test_an_upload_survives_a_look_at_other_data() -> None:
    at = upload(visit(), STARS.encode())
    at.segmented_control(key="finetune.source").set_value("Customer feedback").run()
    at.segmented_control(key="finetune.source").set_value("My own file").run()
    assert "72 rows, 2 columns" in words(at)


def test_a_dataset_of_the_hub_is_read_mapped_and_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hosted").mkdir()
    rows = [
        {"text": f"{'good' if at % 2 else 'bad'} thing {at}", "label": at % 2} for at in range(90)
    ]
    (tmp_path / "hosted" / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    card = {"class_labels": {"label": ["sad :red[x]", "glad"]}}
    repo = Repo("school/notes", tmp_path / "hosted", kind="dataset", card_data=card)
    with serve(repo) as hub:
        point_at(hub.url, tmp_path / "hub", monkeypatch)
        at = visit()
        at.segmented_control(key="finetune.source").set_value("A dataset of the Hub").run()
        assert at.button(key="finetune.run").disabled
        for id in ("school/none", "school/notes"):
            at.text_input(key="finetune.hub.id").set_value(id)
            next(button for button in at.button if button.label == "Look it up").click().run()
            assert bool(at.error) is (id == "school/none")
        at.button(key="finetune.hub.read").click().run()
    assert not at.exception
    assert not at.error
    said = words(at)
    assert "90 rows, 2 columns" in said
    assert "glad" in said
    assert not at.button(key="finetune.run").disabled


def test_a_preset_sets_the_fields_and_asks_for_a_diagnosis(models: Path) -> None:
    at = visit()
    at.selectbox(key="finetune.preset").set_value("too long").run()
    assert at.slider(key="finetune.epochs").value == 40
    assert train(at).settings.labels_used == 32
    training = trained_here(models, Preset.TOO_LONG)
    at = visit(training=training.id, expected="1")
    assert "redicted: Loss falls, but accuracy on new texts" in words(at)
    key = f"finetune.{training.id}.diagnosis"
    at.radio(key=key).set_value("30 % wrong labels").run()
    assert "It was: Too many epochs on few labels." in words(at)
    at.radio(key=key).set_value("Too many epochs on few labels").run()
    assert "Yes." in words(at)
    assert not at.exception


def test_a_surprise_is_one_of_five_faults_and_is_told_after_the_diagnosis_alone() -> None:
    at = upload(visit(), STARS.encode())
    at.selectbox(key="finetune.preset").set_value("surprise").run()
    training = train(at)
    fault = preset_of(training.order.name)
    assert fault in SPOILT
    assert end(training) is State.DONE
    at.run()
    assert "told once you have given your diagnosis" in words(at)
    assert PRESETS[fault].label not in words(at)
    assert not any(button.key == "finetune.again" for button in at.button)
    assert "7 Keep it" not in words(at)
    at.radio(key=f"finetune.{training.id}.diagnosis").set_value(PRESETS[fault].label).run()
    assert not at.exception
    assert f"Yes. {PRESETS[fault].diagnosis}" in words(at)
    assert training.order.name in words(at)


def test_every_fault_is_drawn_at_times_and_brings_its_settings() -> None:
    settings = TrainingSettings("local/bert")
    assert drawn(Preset.SOUND, settings) == (Preset.SOUND, settings)
    lots = [drawn(Preset.SURPRISE, settings) for _ in range(300)]
    assert {preset for preset, _ in lots} == set(SPOILT)
    for preset, made in lots:
        assert made == replace(settings, **dict(PRESETS[preset].fields))  # type: ignore[arg-type]


def test_an_address_that_names_no_training_says_so() -> None:
    assert "no longer kept" in words(visit(training="0" * 32))
    assert "no longer kept" in words(visit(training="../../etc"))
