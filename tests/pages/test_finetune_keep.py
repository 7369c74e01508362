"""A student takes the trained model away: as a zip, to the Hub, as a script."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest

from core.finetuning.jobs import Training, trainings
from core.finetuning.records import STOPPED_BEFORE
from core.settings import ROOT
from tests.core.finetuning.bert import make_bert, make_splits
from tests.core.finetuning.trained import SETTINGS, make_trained
from tests.loopback_hub import MEMBER, LoopbackHub, point_at, serve

HOME = ROOT / "Home.py"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_bert(folder / "bert")
    return folder


@pytest.fixture(autouse=True)
def school(models: Path, lab_with: Callable[[Path], None]) -> None:
    lab_with(models)


@pytest.fixture
def training(models: Path) -> Training:
    splits = make_splits(train=24, validation=6, test=6)
    return make_trained(trainings(), models / "bert", splits, replace(SETTINGS, epochs=1))


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What each download would give at a click, by the name of its file."""
    found: dict[str, Callable[[], bytes]] = {}
    real = MediaFileManager.add_deferred

    def add(self: MediaFileManager, *args: Any, **named: Any) -> str:
        id = real(self, *args, **named)

        def click() -> bytes:
            file = self.read_file(self.execute_deferred(id).rpartition("/")[2].partition(".")[0])
            assert file is not None
            return file.content

        found[named["file_name"]] = click
        return id

    monkeypatch.setattr(MediaFileManager, "add_deferred", add)
    return found


def visit(training: Training) -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60).run()
    at.switch_page("pages/tasks/finetune.py")
    at.query_params["training"] = training.id
    at.run()
    assert not at.exception
    return at


def headers(at: AppTest) -> list[str]:
    return [box.value for box in at.header]


def test_the_zip_is_made_at_the_click_alone(
    training: Training, offered: dict[str, Callable[[], bytes]]
) -> None:
    at = visit(training)
    assert headers(at)[-1] == "7 Keep it"
    assert not list(trainings().store.root.glob("tmp*"))
    content = offered["bert-plain-feedback.zip"]()
    with ZipFile(io.BytesIO(content)) as packed:
        assert "bert-plain-feedback/README.md" in packed.namelist()
    assert offered["train.csv"]().count(b"\n") == 25
    assert any("from_pretrained" in box.value for box in at.code)


def test_a_model_that_went_away_is_told_in_words(
    training: Training, offered: dict[str, Callable[[], bytes]]
) -> None:
    at = visit(training)
    for file in training.folder.model.iterdir():
        file.unlink()
    with pytest.raises(Exception, match="gone or damaged"):
        offered["bert-plain-feedback.zip"]()
    at.run()
    assert not at.exception
    assert any("gone or damaged" in box.value for box in at.error)


def test_a_training_without_a_model_offers_nothing(training: Training) -> None:
    folder = trainings().store.create(training.order, training.splits())
    folder.write_result(STOPPED_BEFORE)
    stopped = trainings().find(folder.id)
    assert stopped is not None
    at = visit(stopped)
    assert "7 Keep it" not in headers(at)
    assert not at.download_button


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with serve(uploads=tmp_path / "uploads") as served:
        point_at(served.url, tmp_path / "hub-cache", monkeypatch)
        yield served


def pushed(at: AppTest) -> AppTest:
    """Press Push and return the page once it has ended."""
    at.button(key="finetune.push.run").click().run()
    deadline = time.monotonic() + 60
    while not at.session_state["finetune.push"].job.ended:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    at.run()
    assert not at.exception
    return at


def test_a_push_needs_a_token_is_private_and_names_its_page(
    training: Training, hub: LoopbackHub
) -> None:
    at = visit(training)
    assert at.button(key="finetune.push.run").disabled
    at.text_input(key="visit.token").set_value(MEMBER).run()
    at = pushed(at)
    assert [repo.id for repo in hub.repos] == ["member/bert-plain-feedback"]
    assert hub.repos[0].private
    assert "model.safetensors" in hub.repos[0].files
    shown = "\n".join(box.value for box in at.success)
    assert f"only you can see it: [member/bert-plain-feedback]({hub.url}/member/" in shown
    at = pushed(at)
    assert any("already, and it was left as it is" in box.value for box in at.error)


def test_what_is_wrong_with_a_push_is_told_in_words(training: Training, hub: LoopbackHub) -> None:
    at = visit(training)
    at.text_input(key="visit.token").set_value("hf_unknownToken1").run()
    at = pushed(at)
    assert any("does not accept your token" in box.value for box in at.error)
    name = f"finetune.push.{training.id}.name"
    at.text_input(key=name).set_value("../x [a](http://b)").run()
    assert not at.exception
    assert any("cannot be called that" in box.value for box in at.error)
    assert at.button(key="finetune.push.run").disabled


def test_an_offline_lab_asks_for_no_token(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    at = visit(training)
    assert any("offline" in box.value for box in at.info)
    assert not [box for box in at.text_input if box.key == "visit.token"]
