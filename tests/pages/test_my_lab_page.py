"""My lab as a student uses it: what was done, handing it in, restoring it, deleting it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.finetuning.jobs import trainings
from core.lessons import all_exercises
from core.passport.sealing import digest_of
from core.passport.writing import write_passports
from core.settings import ROOT
from core.storage.saving import saver
from core.work.entries import Answered, Entry
from core.work.json_form import to_record
from tests.made_work import a_training, some_work, work_of
from tests.trained import make_trained
from tests.visitors import key_of, learner_named

HOME = ROOT / "Home.py"
HOSTILE = "<script>alert(1)</script> **b** [a](http://evil.example) `c`"
ME = "somebody in a test"


@pytest.fixture(autouse=True)
def school(lab_with: Callable[[Path], None], tmp_path: Path) -> None:
    lab_with(tmp_path)


def work_everywhere(said: str = "A lamp") -> list[Entry]:
    """Return work of every kind, with answers to exercises that the course really has."""
    answered = [
        Answered(one.exercise.id, said) for one in all_exercises() if one.exercise.kind == "text"
    ]
    return [*(done.what for done in some_work(said=said).done), *answered]


def passport(said: str = "A lamp") -> bytes:
    (raw,) = write_passports(work_of(work_everywhere(said)), made=datetime.now(UTC))
    return raw


def visit(name: str = ME, *, work: list[Entry] | None = None) -> AppTest:
    """Open My lab as `name`, for whom `work` is kept already."""
    saver().save_all(learner_named(name), [to_record(what) for what in work or []])
    at = AppTest.from_file(str(HOME), default_timeout=60)
    at.query_params["learner"] = key_of(name)
    at.run()
    at.switch_page("pages/my_lab.py").run()
    assert not at.exception
    return at


def open_tab(at: AppTest, name: str) -> AppTest:
    at.session_state["my_lab.tabs"] = name
    at.run()
    assert not at.exception
    return at


def upload(at: AppTest, content: bytes, name: str = "passport.json") -> AppTest:
    at.file_uploader(key="my_lab.upload").set_value((name, content, "application/json")).run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    kinds = (at.title, at.header, at.markdown, at.caption, at.text, at.info, at.error, at.success)
    return "\n".join(box.value for kind in kinds for box in kind)


def test_an_empty_page_says_what_to_do_first() -> None:
    at = visit()
    assert "Nothing is here yet" in words(at)
    assert at.button(key="my_lab.lesson").label == "Start with lesson 1"
    assert at.file_uploader(key="my_lab.upload")
    assert not at.tabs


def test_everything_that_was_done_is_shown() -> None:
    at = visit(work=work_everywhere())
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Runs"] == "3"
    assert metrics["Comparisons"] == "1"
    open_tab(at, "Answers")
    assert any("of" in expander.label and "correct" in expander.label for expander in at.expander)
    assert "A lamp" in words(at)
    open_tab(at, "Runs")
    at.selectbox(key="my_lab.run").set_value(1).run()
    assert "What starter/llama-stories wrote" in words(at)
    assert any(text.value == "A lamp 0" for text in at.text)
    open_tab(at, "Comparisons")
    assert "What the models wrote" in words(at)
    assert len(at.get("vega_lite_chart")) == 3
    open_tab(at, "Trainings")
    assert "Its model is not kept in this lab" in words(at)


def test_a_kind_of_work_that_is_missing_says_where_to_do_it() -> None:
    at = visit(work=[Answered("a", "b")])
    for tab, task in (("Runs", "test"), ("Comparisons", "compare"), ("Trainings", "finetune")):
        open_tab(at, tab)
        assert at.button(key=f"my_lab.go.{task}")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("report", "lab-report-"), ("notebook", "lab-notebook-"), ("passport", "lab-passport-")],
)
def test_what_is_handed_in_is_made_when_asked_and_downloaded(kind: str, name: str) -> None:
    at = visit(work=work_everywhere())
    at.button(key=f"my_lab.make.{kind}").click().run()
    assert not at.exception
    assert not at.error
    (download,) = at.get("download_button")
    assert download.proto.label.startswith(f"Download {name}")
    at.run()
    assert len(at.get("download_button")) == 1


def test_a_passport_restores_everything_for_somebody_else_once() -> None:
    at = upload(visit(), passport())
    assert "3 runs · 1 comparison" in words(at)
    at.button(key="my_lab.restore").click().run()
    assert not at.exception
    assert "Answers, runs and charts are back" in words(at)
    assert {metric.label: metric.value for metric in at.metric}["Runs"] == "3"
    upload(open_tab(at, "Restore"), passport())
    at.button(key="my_lab.restore").click().run()
    assert "nothing was added" in words(at)
    kept = saver().records(learner_named(ME))
    assert len(kept) == len(work_everywhere())


def _altered(raw: bytes) -> bytes:
    return raw.replace(b"A lamp", b"A lamb", 1)


def _newer(raw: bytes) -> bytes:
    fields: dict[str, Any] = {**json.loads(raw), "version": 9, "lab": "7.0"}
    fields["digest"] = digest_of(fields)
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda raw: raw + b" " * 10_000_000, "10 MB"),
        (lambda raw: b"[" * 50_000, "nested deeper"),
        (lambda raw: _altered(raw), "changed after the lab had written it"),
        (lambda raw: _newer(raw), "too new: Open Model Lab 7"),
        (lambda raw: b"not at all", "no JSON"),
        (lambda raw: b"\x89PNG\r\n\x1a\n\0\0\0", "not text in UTF-8"),
    ],
    ids=["10 MB", "deep", "altered", "newer", "no JSON", "PNG"],
)
def test_a_passport_that_is_refused_says_why_and_what_to_do(
    content: Callable[[bytes], bytes], told: str
) -> None:
    at = upload(visit(), content(passport()))
    said = at.error[0].value.replace("\\", "")
    assert told in said
    assert "\n\n" in said
    assert not any(button.key == "my_lab.restore" for button in at.button)
    assert "Nothing is here yet" in words(at)


def test_what_stands_in_a_passport_is_never_drawn_as_markdown() -> None:
    at = upload(visit(), passport(HOSTILE))
    at.button(key="my_lab.restore").click().run()
    for tab in ("Hand in", "Answers", "Runs", "Comparisons", "Trainings", "Delete"):
        open_tab(at, tab)
        for element in (*at.markdown, *at.caption, *at.info, *at.success):
            assert "](http" not in element.value
            assert "**b**" not in element.value


def test_a_training_of_somebody_else_is_not_opened_by_its_id() -> None:
    theirs = make_trained(trainings(), learner_named("somebody else"), model=False)
    mine = make_trained(trainings(), learner_named(ME), model=False)
    at = visit(work=[a_training(training_id=theirs.id), a_training(training_id=mine.id)])
    open_tab(at, "Trainings")
    opened = [button.key for button in at.button if button.label == "Open in Task 4"]
    assert opened == [f"my_lab.training.{mine.id}"]


def test_deleting_takes_everything_and_wants_to_be_meant() -> None:
    make_trained(trainings(), learner_named(ME), model=False)
    at = open_tab(visit(work=work_everywhere()), "Delete")
    assert "3 runs" in words(at)
    assert at.button(key="my_lab.delete").disabled
    at.text_input(key="my_lab.confirm").set_value("Delete").run()
    at.button(key="my_lab.delete").click().run()
    assert not at.exception
    assert "Everything that you did here is deleted" in words(at)
    assert "Nothing is here yet" in words(at)
    assert at.query_params["learner"] != [key_of(ME)]
    assert not saver().records(learner_named(ME))
    assert not trainings().of(learner_named(ME))
    assert "Nothing is here yet" in words(visit())
