"""The health panel is there for whoever knows the passphrase, and for nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue import catalogue
from core.inference.lab import lab
from core.inference.types import GenerationConfig, Request, Task
from core.inference.variants import REFERENCE, variants_of
from core.settings import settings
from tests.random_models import make_gpt2
from ui.health import _door

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
SECRET = "correct horse"  # noqa: S105


@pytest.fixture(autouse=True)
def own_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    make_gpt2(tmp_path / "teller")
    monkeypatch.setenv("OPEN_MODEL_LAB_MODELS", str(tmp_path))
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab, _door):
        cached.cache_clear()


def visit(*, secret: str = SECRET) -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60)
    if secret:
        at.secrets["health_passphrase"] = secret
    return at.run().switch_page("pages/health.py").run()


def knock(at: AppTest, passphrase: str) -> AppTest:
    at.text_input(key="health.passphrase").set_value(passphrase)
    return at.button[0].click().run()


def test_without_a_secret_there_is_no_panel() -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        visit(secret="")


def test_the_panel_opens_for_the_passphrase_alone() -> None:
    at = visit()
    assert not at.metric
    assert not at.dataframe
    at = knock(at, SECRET)
    assert not at.exception
    assert [metric.label for metric in at.metric][:3] == ["Running", "Waiting", "Tokens/s"]


def test_a_wrong_passphrase_opens_nothing_and_makes_the_next_try_wait() -> None:
    at = knock(visit(), "guess")
    assert "not the passphrase" in at.error[0].value
    at = knock(at, SECRET)
    assert "Wait" in at.warning[0].value
    assert not at.metric


def test_the_panel_shows_what_ran_what_is_loaded_and_what_went_wrong() -> None:
    prompt = "a prompt that nobody else may read"
    config = GenerationConfig(max_new_tokens=5)
    lab().run(Request(Task.TEXT_GENERATION, "local/teller", prompt, config))
    lab().journal.problem("local/teller", "It went wrong.")
    at = knock(visit(), SECRET)
    lines, models, problems = (table.value for table in at.dataframe)
    assert list(lines["Done · stopped · failed"]) == ["1 · 0 · 0"]
    assert list(models["In use by"]) == [0]
    assert list(problems["What"]) == ["It went wrong."]
    assert all(prompt not in table.value.to_string() for table in at.dataframe)


def test_the_starters_are_loaded_before_class_with_one_click() -> None:
    at = knock(visit(), SECRET)
    at.button(key="health.warm_up").click().run()
    # Not what the reference alone can run: it takes hundreds of megabytes.
    starters = [
        entry
        for entry in lab().catalogue.entries
        if entry.source == "starter" and variants_of(entry)[0].runtime != REFERENCE
    ]
    assert len(starters) == 5
    for _ in range(600):
        if len(lab().pool.loaded()) == len(starters):
            break
        time.sleep(0.1)
    assert {key.partition(" ")[0] for key in lab().pool.loaded()} == {e.id for e in starters}
