"""A student gets a model from the Hub and reads its tokens, on small pages of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue import catalogue
from core.explore.getting import downloads
from core.inference.lab import lab
from core.inference.types import Task
from core.settings import settings
from tests.loopback_hub import MEMBER, STRANGER, Faults, LoopbackHub, Repo, point_at, serve
from tests.random_models import make_gpt2

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
MODEL, GATED = "school/tiny-gpt2", "school/gated"
GET, STOP = f"get.{MODEL}.run", f"get.{MODEL}.stop"
STORY = Task.TEXT_GENERATION


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gpt2(tmp_path_factory.mktemp("published"), width=64)


@pytest.fixture(autouse=True)
def hub(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    monkeypatch.setenv("OPEN_MODEL_LAB_CACHE", str(tmp_path / "lab"))
    monkeypatch.setenv("OPEN_MODEL_LAB_SHARE_GATED", "1")
    _forget()
    with serve(Repo(MODEL, published), Repo(GATED, published, gated="auto")) as served:
        point_at(served.url, tmp_path / "hub", monkeypatch)
        yield served
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab, downloads):
        cached.cache_clear()


def page() -> None:
    from ui.explore_get import show_get

    show_get("school/tiny-gpt2", size_bytes=270_000_000)


def gated_page() -> None:
    from ui.explore_get import show_get, token_field

    show_get("school/gated", token=token_field("school/gated"))


def tokens_page() -> None:
    from core.inference.lab import lab
    from ui.explore_tokens import show_tokens

    entries = lab().catalogue.entries
    show_tokens(entries[0], entries)


def visit(script: Callable[[], None] = page) -> AppTest:
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    return at


def press_and_wait(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    name = key.removesuffix(".run")
    for _ in at.session_state[name].follow(every_s=0.02):
        pass
    return at.run()


def words(at: AppTest) -> str:
    boxes = (at.caption, at.error, at.success, at.markdown)
    return "\n".join(box.value for kind in boxes for box in kind)


def starter_that_fills_gaps() -> None:
    from ui.explore_get import show_get

    show_get("starter/bert-feedback", revision="main", size_bytes=None)


def test_a_model_that_task_3_does_not_compare_is_not_offered_there() -> None:
    at = visit(starter_that_fills_gaps)
    assert [button.label for button in at.button] == ["Open in Task 2"]


def test_a_model_is_got_and_offered_to_both_tasks() -> None:
    at = visit()
    assert at.button(key=GET).label == "Get it · 270 MB"
    press_and_wait(at, GET)
    assert not at.exception
    assert "It is on this machine." in words(at)
    at.button(key=f"get.{MODEL}.compare.{STORY}").click().run()
    assert at.button(key=f"get.{MODEL}.compare.{STORY}").label == "In Task 3"
    chosen = at.session_state[f"compare.{STORY}.models"]
    assert chosen[-1] == MODEL
    home = AppTest.from_file(str(HOME), default_timeout=60)
    home.session_state[f"test.{STORY}.model"] = MODEL
    home.run().switch_page("pages/tasks/test.py").run()
    assert home.selectbox(key=f"test.{STORY}.model").value == MODEL
    home.button(key="test.run").click().run()
    assert not home.exception
    assert not home.error
    home.session_state[f"compare.{STORY}.models"] = chosen
    home.session_state["compare.task"] = STORY
    home.switch_page("pages/tasks/compare.py").run()
    assert home.multiselect(key=f"compare.{STORY}.models").value == chosen


def test_who_opens_a_second_page_sees_that_somebody_is_getting_it(hub: LoopbackHub) -> None:
    hub.faults = Faults(slow_s=0.3)
    first = visit()
    first.button(key=GET).click().run()
    assert first.button(key=GET).disabled
    second = visit()
    assert "on its way to this lab" in words(second)
    press_and_wait(second, GET)
    assert "It is on this machine." in words(second)
    assert "It is on this machine." in words(first.run())


def test_stop_keeps_what_came_and_the_button_says_how_much(hub: LoopbackHub) -> None:
    # All but the first 200 kB stays out until the student has stopped.
    hub.faults = Faults(cut_after=200_000, only="/cdn/", times=1), Faults(slow_s=60, only="/cdn/")
    at = visit()
    at.button(key=GET).click().run()
    getting = at.session_state[f"get.{MODEL}"]
    for step in getting.follow(every_s=0.001):
        if step.done_bytes > 100_000:
            break
    at.run().button(key=STOP).click().run()
    hub.faults = Faults()
    assert "the next try goes on from there" in words(at)
    assert at.button(key=GET).label.startswith("Go on · ")
    press_and_wait(at, GET)
    assert "It is on this machine." in words(at)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (Faults(status=500), "the Hub itself is in trouble"),
        (Faults(cut_after=0), "goes on from where it broke off"),
        (Faults(damages=True), "arrived damaged"),
    ],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(
    hub: LoopbackHub, faults: Faults, said: str
) -> None:
    hub.faults = faults
    at = press_and_wait(visit(), GET)
    assert said in words(at)
    hub.faults = Faults()
    assert "It is on this machine." in words(press_and_wait(at, GET))


def test_a_full_disk_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    full = SimpleNamespace(total=10**12, used=10**12, free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert "GB are free" in words(press_and_wait(visit(), GET))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is behind a gate"),
        ("hf_no", "does not look like a token"),
        ("hf_wrongwrongwrong", "does not accept your token"),
        (STRANGER, "may not have"),
        (f" {MEMBER} ", "It is on this machine."),
    ],
)
def test_a_gate_opens_with_the_right_token_and_says_what_to_do_without(
    typed: str, said: str
) -> None:
    at = visit(gated_page)
    assert "127.0.0.1" in words(at)
    at.text_input(key="visit.token").set_value(typed).run()
    press_and_wait(at, f"get.{GATED}.run")
    assert said in words(at).replace("\\", "")
    assert not typed or typed.strip() not in words(at)


def test_the_playground_shows_pieces_ids_and_a_second_tokenizer() -> None:
    at = visit(tokens_page)
    assert "tokens a word" in words(at)
    assert ":blue-background[Once]" in words(at)
    other = at.selectbox(key=f"tokens.{lab().catalogue.entries[0].id}.other")
    other.set_value("starter/t5-en-fr-micro").run()
    assert not at.exception
    assert "each token costs time" in words(at)
    assert len(at.dataframe) == 2


def test_no_text_and_hostile_text_leave_the_playground_whole() -> None:
    at = visit(tokens_page)
    for text in ("", "]" * 50, "\n\n\n", ":red[x] `y` $z$ <b>w</b> ![i](http://x/y)", "x" * 5000):
        at.text_area(key="tokens.text").set_value(text).run()
        assert not at.exception
        assert not at.error
