"""Models that sort texts in Task 2 and Task 3, those of the lab and those of one student alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.finetuning.jobs import trainings
from core.finetuning.trained_models import model_id_of
from core.inference.types import Task
from tests.random_bert import make_bert
from tests.trained import LABELS, make_trained
from tests.visitors import key_of, learner_named

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
SORT = Task.TEXT_CLASSIFICATION
ADA = learner_named("ada")
EVIL = ("**b** [a](http://evil.example)", ":red[x] $z$ <b>", "![i](http://x/y)\n# head")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_bert(folder / "sorter", labels=LABELS)
    make_bert(folder / "evil", labels=EVIL)
    return folder


@pytest.fixture(autouse=True)
def school(models: Path, lab_with: Callable[[Path], None]) -> None:
    lab_with(models)


def visit(page: str, *, learner: str = "ada") -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60)
    at.query_params["learner"] = key_of(learner)
    return at.run().switch_page(f"pages/tasks/{page}.py").run()


def visit_test(model: str, *, learner: str = "ada") -> AppTest:
    at = visit("test", learner=learner)
    at.segmented_control(key="test.task").set_value(SORT).run()
    return at.selectbox(key=f"test.{SORT}.model").set_value(model).run()


def visit_compare(*, learner: str = "ada") -> AppTest:
    at = visit("compare", learner=learner)
    return at.segmented_control(key="compare.task").set_value(SORT).run()


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    kinds = (at.caption, at.markdown, at.info, at.warning, at.error, at.success, at.header)
    return "\n".join(box.value for kind in kinds for box in kind)


def test_the_page_shows_each_label_with_its_probability() -> None:
    at = press(visit_test("local/sorter"), "test.run")
    assert not at.error
    (shown,) = [frame.value for frame in at.dataframe if "Label" in frame.value]
    assert set(shown["Label"]) == set(LABELS)
    assert list(shown["Probability"]) == sorted(shown["Probability"], reverse=True)
    assert any('"text-classification"' in code.value for code in at.code)
    assert not at.slider
    assert not at.toggle


def test_hostile_label_names_are_drawn_as_plain_text() -> None:
    at = press(visit_test("local/evil"), "test.run")
    assert not at.error
    assert "evil.example" not in words(at)
    assert "](http" not in words(at)
    at = visit_compare()
    at.multiselect(key=f"compare.{SORT}.models").set_value(["local/evil", "local/sorter"]).run()
    press(at, "compare.run")
    assert not at.error
    assert "](http" not in words(at)


def test_two_models_stand_side_by_side_without_any_length() -> None:
    at = visit_compare()
    at.multiselect(key=f"compare.{SORT}.models").set_value(["local/sorter", "local/evil"]).run()
    at.text_area(key=f"compare.{SORT}.inputs").set_value("good phone\nbad phone").run()
    press(at, "compare.run")
    assert not at.error
    said = words(at)
    assert "What the models said" in said
    assert "agree on no input" in said
    assert "Output length" not in said
    assert "max new tokens" not in said
    side_by_side = at.dataframe[0].value
    assert list(side_by_side["Text"]) == ["good phone", "bad phone"]
    assert {"local/sorter", "local/evil"} <= set(side_by_side.columns)
    # Back to a task that writes, nothing is left of it.
    at.segmented_control(key="compare.task").set_value(Task.TRANSLATION_EN_TO_FR).run()
    assert not at.exception


def test_a_trained_model_is_offered_to_who_trained_it_and_to_nobody_else() -> None:
    training = make_trained(trainings(), ADA)
    name = model_id_of(training)
    at = press(visit_test(name), "test.run")
    assert not at.error
    assert "Trained by you" in words(at)
    assert any("Label" in frame.value for frame in at.dataframe)
    assert all(training.id not in code.value for code in at.code)
    for page in ("test", "compare"):
        other = visit(page, learner="bob")
        other.segmented_control(key=f"{page}.task").set_value(SORT).run()
        fields = [*other.selectbox, *other.multiselect]
        assert not any("yours/" in str(option) for field in fields for option in field.options)


def test_task_3_begins_with_a_students_own_models() -> None:
    both = [make_trained(trainings(), ADA, pretrained=pretrained) for pretrained in (True, False)]
    at = visit_compare()
    chosen = at.multiselect(key=f"compare.{SORT}.models")
    assert set(chosen.value) == set(map(model_id_of, both))
    press(at, "compare.run")
    assert not at.error
    assert {*map(model_id_of, both)} <= set(at.dataframe[0].value.columns)


def test_a_training_that_is_gone_is_told_in_words_and_leaves_the_fields() -> None:
    training = make_trained(trainings(), ADA)
    name = model_id_of(training)
    at = press(visit_test(name), "test.run")
    compared = visit_compare()
    field = compared.multiselect(key=f"compare.{SORT}.models")
    field.set_value([name, "local/sorter"]).run()
    trainings().store.remove(training.folder)
    at.run()
    assert not at.exception
    assert "no longer kept" in words(at)
    assert at.selectbox(key=f"test.{SORT}.model").value != name
    press(compared, "compare.run")
    assert name not in compared.multiselect(key=f"compare.{SORT}.models").value


def test_a_finished_training_offers_both_tasks() -> None:
    training = make_trained(trainings(), ADA)
    twin = make_trained(trainings(), ADA, pretrained=False, beside=training.id)
    at = AppTest.from_string(
        f"""
from core.finetuning.jobs import trainings
from ui.finetune_use import show_use
show_use(trainings().find({training.id!r}))
"""
    )
    at.query_params["learner"] = key_of("ada")
    at.session_state["finetune.sentences"] = "good phone\n\n bad phone \n"
    at.run()
    assert model_id_of(training) in words(at).replace("\\", "")
    press(at, f"use.{training.id}.compare")
    assert at.session_state[f"compare.{SORT}.models"] == [model_id_of(training)]
    assert at.session_state[f"compare.{SORT}.inputs"] == "good phone\nbad phone"
    assert at.button(key=f"use.{training.id}.compare").disabled
    assert [button.label for button in at.button][-1] == "Compare with the one from scratch"
    assert twin.id


def test_who_has_a_trainings_address_may_use_its_model_in_a_later_visit() -> None:
    training = make_trained(trainings(), learner_named("ada before"))
    at = visit("test", learner="ada anew")
    at.session_state["visit.trainings"] = {training.id: None}
    at.segmented_control(key="test.task").set_value(SORT).run()
    at.selectbox(key=f"test.{SORT}.model").set_value(model_id_of(training)).run()
    press(at, "test.run")
    assert not at.error
