"""Task 2 and Task 3 as a student uses them, from `Home.py`, on real models with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue import catalogue
from core.inference.lab import lab
from core.inference.types import Task
from core.settings import settings
from tests.random_models import make_gpt2, make_t5

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
HOSTILE = "**b** [a](evil.example) `c`"
STORY, TRANSLATION = Task.TEXT_GENERATION, Task.TRANSLATION_EN_TO_FR


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_gpt2(folder / "teller")
    make_t5(folder / "small")
    make_t5(folder / "large", layers=2)
    make_gpt2(folder / HOSTILE)
    (folder / HOSTILE / "README.md").write_text("---\nlicense: '[l](https://evil.example)'\n---\n")
    (folder / "pickled").mkdir()
    (folder / "pickled" / "config.json").write_text('{"model_type": "gpt2"}')
    (folder / "pickled" / "pytorch_model.bin").write_bytes(b"pickle")
    return folder


@pytest.fixture(autouse=True)
def school(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lab that also offers the models of `models`, and forgets them afterwards."""
    monkeypatch.setenv("OPEN_MODEL_LAB_MODELS", str(models))
    monkeypatch.setenv("OPEN_MODEL_LAB_MEMORY_MB", "1000")
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab):
        cached.cache_clear()


def visit(page: str) -> AppTest:
    return AppTest.from_file(str(HOME), default_timeout=60).run().switch_page(page).run()


def visit_test(*, model: str = "local/teller", prompt: str = "Once upon a time") -> AppTest:
    at = visit("pages/tasks/test.py")
    at.selectbox(key=f"test.{STORY}.model").set_value(model)
    at.text_area(key=f"test.{STORY}.prompt").set_value(prompt)
    return at.run()


def visit_compare(*models: str, inputs: str = "How much is the red car?") -> AppTest:
    at = visit("pages/tasks/compare.py")
    at.multiselect(key=f"compare.{TRANSLATION}.models").set_value(list(models))
    at.text_area(key=f"compare.{TRANSLATION}.inputs").set_value(inputs)
    return at.run()


def press(at: AppTest, key: str) -> AppTest:
    return at.button(key=key).click().run()


def test_an_empty_test_page_says_what_to_do_first() -> None:
    at = visit("pages/tasks/test.py")
    assert "press **Run**" in at.info[0].value
    assert not at.metric


def test_a_run_shows_its_text_its_timing_and_its_code() -> None:
    at = press(visit_test(), "test.run")
    assert not at.exception
    assert not at.error
    labels = [metric.label for metric in at.metric]
    assert labels == ["Time to first token", "Tokens/s", "Tokens in", "Tokens out"]
    assert any("loading the model took" in caption.value for caption in at.caption)
    assert any("local/teller" in block.value for block in at.markdown)
    assert "AutoModelForCausalLM" in at.code[0].value
    assert list(at.dataframe[0].value["Model"]) == ["local/teller"]


def test_every_run_of_the_visit_stays_in_the_history_after_a_change_of_page() -> None:
    at = press(press(visit_test(), "test.run"), "test.run")
    at.switch_page("pages/tasks/compare.py").run()
    at.switch_page("pages/tasks/test.py").run()
    assert list(at.dataframe[0].value["Run"]) == [2, 1]
    assert at.text_area(key=f"test.{STORY}.prompt").value == "Once upon a time"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("", "no text"), (" \n\t ", "no text"), ("a" * 2_000_000, "2,000,000 characters")],
    ids=["empty", "blank", "2 MB"],
)
def test_an_unusable_prompt_is_told_in_plain_words_and_kept(prompt: str, words: str) -> None:
    at = press(visit_test(prompt=prompt), "test.run")
    assert not at.exception
    assert words in at.error[0].value
    assert at.text_area(key=f"test.{STORY}.prompt").value == prompt


@pytest.mark.parametrize(
    "prompt", ["🤖🎉 été", "مرحبا بالعالم", "a\0b"], ids=["emoji", "right to left", "null byte"]
)
def test_an_unusual_prompt_is_answered(prompt: str) -> None:
    at = press(visit_test(prompt=prompt), "test.run")
    assert not at.exception
    assert not at.error
    assert at.metric


def test_a_prompt_beyond_the_context_says_what_was_left_out() -> None:
    at = press(visit_test(prompt="robot " * 2000), "test.run")
    assert any("at the beginning were left out" in notice.value for notice in at.info)


def test_what_a_model_writes_is_never_drawn_as_markdown() -> None:
    at = press(visit_test(prompt="# Big [link](https://example.org) <b>"), "test.run")
    assert any(text.value.startswith("# Big [link]") for text in at.text)
    assert not any("example.org" in block.value for block in at.markdown)


def test_a_model_that_does_not_fit_says_why_and_cannot_be_run() -> None:
    at = visit_test(model="meta-llama/Llama-3.2-1B")
    assert "needs about 5.0 GB" in at.warning[0].value
    assert at.button(key="test.run").disabled


def test_a_model_behind_a_gate_is_not_promised_as_a_download(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPEN_MODEL_LAB_MEMORY_MB", "8000")
    _forget()
    at = visit_test(model="meta-llama/Llama-3.2-1B")
    captions = " ".join(caption.value for caption in at.caption)
    assert "Behind a gate on the Hub" in captions
    assert "Downloaded from the Hub" not in captions


def test_a_hub_model_without_a_network_fails_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    at = press(visit_test(model="openai-community/gpt2"), "test.run")
    assert not at.exception
    assert "does not answer from here" in at.error[0].value


def test_a_folder_that_cannot_be_used_is_listed_with_the_reason() -> None:
    at = visit("pages/tasks/test.py")
    assert any("local/pickled" in text.value and "pickle" in text.value for text in at.text)


def test_an_empty_compare_page_says_what_to_do_first() -> None:
    assert "press **Compare**" in visit("pages/tasks/compare.py").info[0].value


def test_a_comparison_shows_outputs_figures_and_a_download() -> None:
    at = press(visit_compare("local/small", "local/large", inputs="A.\n\nB."), "compare.run")
    assert not at.exception
    assert not at.error
    assert [header.value for header in at.header] == ["What the models wrote", "What it cost"]
    table = at.dataframe[0].value
    assert list(table["candidate"]) == ["local/small", "local/large"]
    assert list(table["runs"]) == [6, 6]
    assert at.get("download_button")
    assert len(at.get("vega_lite_chart")) == 3


@pytest.mark.parametrize(
    ("chosen", "inputs", "words"),
    [
        ([], "A.", "two to four different candidates"),
        (["local/small"], "A.", "two to four different candidates"),
        (["local/small", "local/large"], " \n ", "no input"),
        (["local/small", "local/large"], "A.\n" * 21, "more than the 20"),
        (["local/small", "local/large"], "a" * 2_000_000, "2,000,000 characters"),
    ],
    ids=["no model", "one model", "no input", "too many inputs", "2 MB"],
)
def test_a_comparison_that_makes_no_sense_is_told_in_plain_words(
    chosen: list[str], inputs: str, words: str
) -> None:
    at = press(visit_compare(*chosen, inputs=inputs), "compare.run")
    assert not at.exception
    assert words in at.error[0].value
    assert at.text_area(key=f"compare.{TRANSLATION}.inputs").value == inputs


def test_a_comparison_lasts_when_the_page_changes() -> None:
    at = press(visit_compare("local/small", "local/large"), "compare.run")
    at.switch_page("pages/tasks/test.py").run()
    at.switch_page("pages/tasks/compare.py").run()
    assert list(at.dataframe[0].value["runs"]) == [3, 3]


def test_home_counts_what_was_done_and_offers_the_next_step() -> None:
    at = press(visit_test(), "test.run")
    at.switch_page("pages/home.py").run()
    assert at.get("progress")
    assert at.button[0].label.startswith("Start with lesson 1")


def test_names_and_licences_of_strangers_are_never_drawn_as_markdown() -> None:
    at = press(visit_test(model=f"local/{HOSTILE}"), "test.run")
    assert not at.error
    assert at.metric
    home = visit("pages/home.py")
    drawn = [*at.markdown, *at.caption, *at.warning, *home.markdown, *home.caption]
    assert any("evil.example" in element.value for element in drawn)
    for element in drawn:
        assert "](" not in element.value
        assert "**b**" not in element.value
