"""A student finds a Hub model in fewer bits, and runs it, from `Home.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue import catalogue
from core.inference.lab import lab
from core.inference.types import Engine, Runtime, Task
from core.settings import settings
from starters.training.gguf_file import write_gguf
from tests.loopback_hub import Repo, point_at, serve
from tests.random_models import make_gpt2

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
MODEL = "openai-community/gpt2"
STORY = Task.TEXT_GENERATION
LOOK = f"quantised.{MODEL}.run"


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Hub on which one person published the model in 8 bits, and a lab that knows no other."""
    published = tmp_path / "published"
    published.mkdir()
    write_gguf(make_gpt2(tmp_path / "source", width=64), published / "gpt2-Q8_0.gguf", "Q8_0")
    (published / "README.md").write_text("# GPT-2 in 8 bits\n")
    tags = ("gguf", f"base_model:quantized:{MODEL}")
    _forget()
    with serve(Repo("many/gpt2-GGUF", published, tags=tags, downloads=9)) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab):
        cached.cache_clear()


def visit() -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60).run()
    at.switch_page("pages/tasks/test.py").run()
    return at.selectbox(key=f"test.{STORY}.model").set_value(MODEL).run()


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption)


def test_what_others_published_becomes_an_engine_to_choose_and_run() -> None:
    at = visit().button(key=LOOK).click().run()
    assert not at.exception
    assert "Q8_0 (1 MB, by many)" in captions(at)
    engine = at.selectbox(key=f"test.{STORY}.{MODEL}.runtime")
    engine.set_value(Runtime(Engine.LLAMA_CPP, "Q8_0")).run()
    at.button(key="test.run").click().run()
    assert not at.exception
    assert not at.error
    assert "many/gpt2-GGUF@" in captions(at)


def test_a_model_that_nobody_published_in_fewer_bits_is_told_so() -> None:
    at = visit()
    at.selectbox(key=f"test.{STORY}.model").set_value("distilbert/distilgpt2").run()
    at.button(key="quantised.distilbert/distilgpt2.run").click().run()
    assert "Nobody has published" in captions(at)
