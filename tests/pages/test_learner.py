"""The key in the address: it brings work back, keeps visitors apart, and stays a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.storage.keys import is_key
from core.storage.saving import saver
from core.work.entries import LessonOpened
from tests.visitors import key_of, learner_named

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"


@pytest.fixture(autouse=True)
def own_lab(tmp_path: Path, lab_with: Callable[[Path], None]) -> None:
    lab_with(tmp_path)


def visit(key: str | None = None) -> AppTest:
    """Open the lab."""
    at = AppTest.from_file(str(HOME), default_timeout=60)
    if key is not None:
        at.query_params["learner"] = key
    return at.run()


def key_in_address(at: AppTest) -> str:
    key = at.query_params["learner"]
    return key if isinstance(key, str) else key[-1]


def open_lesson(at: AppTest, number: int) -> AppTest:
    at.session_state["visit.book"].add(LessonOpened(number))
    return at.run()


def lessons_opened(at: AppTest) -> set[int]:
    return {one.number for one in at.session_state["visit.book"].work.of(LessonOpened)}


def test_everybody_gets_a_key_of_their_own_and_keeps_it() -> None:
    one, other = visit(), visit()
    assert is_key(key_in_address(one))
    assert is_key(key_in_address(other))
    assert key_in_address(one) != key_in_address(other)
    assert not any(button.key == "visit.anew" for button in one.button)
    before = key_in_address(one)
    assert key_in_address(one.run()) == before


def test_the_address_brings_everything_back_and_nothing_of_others() -> None:
    open_lesson(visit(key_of("ada")), 3)
    open_lesson(visit(key_of("bob")), 5)
    again = visit(key_of("ada"))
    assert lessons_opened(again) == {3}
    assert again.button(key="visit.anew").label == "Begin my own"


@pytest.mark.parametrize(
    "key", ["", "x", "ada", "A" * 23, "A" * 21 + "B", "<script>", "%00", "../../etc", "A" * 4000]
)
def test_a_key_that_is_none_is_replaced_and_that_is_said(key: str) -> None:
    at = visit(key)
    assert not at.exception
    assert is_key(key_in_address(at))
    assert any("key in this address" in warning.value for warning in at.warning)


def test_two_tabs_see_what_the_other_did() -> None:
    one, other = visit(key_of("ada")), visit(key_of("ada"))
    open_lesson(one, 1)
    open_lesson(other, 2)
    assert lessons_opened(one.run()) == lessons_opened(other.run()) == {1, 2}


def test_who_begins_anew_leaves_the_work_under_its_address() -> None:
    open_lesson(visit(key_of("ada")), 4)
    at = visit(key_of("ada"))
    at.button(key="visit.anew").click().run()
    assert key_in_address(at) != key_of("ada")
    assert lessons_opened(at) == set()
    assert lessons_opened(visit(key_of("ada"))) == {4}


def test_another_address_in_the_same_tab_is_another_visitor() -> None:
    at = open_lesson(visit(key_of("ada")), 4)
    at.query_params["learner"] = key_of("bob")
    at.run()
    assert lessons_opened(at) == set()
    open_lesson(at, 6)
    assert lessons_opened(visit(key_of("ada"))) == {4}


def test_the_key_itself_is_nowhere_in_what_is_kept(tmp_path: Path) -> None:
    open_lesson(visit(key_of("ada")), 1)
    saver().flush()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert not any(key_of("ada").encode() in path.read_bytes() for path in files)
    assert saver().records(learner_named("ada"))


def test_while_the_store_is_away_the_lab_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing listens on port 9 of this machine.
    monkeypatch.setenv("OPEN_MODEL_LAB_DATABASE", "postgresql://lab@127.0.0.1:9/lab")
    saver.cache_clear()
    at = open_lesson(visit(key_of("ada")), 2)
    assert not at.exception
    assert lessons_opened(at) == {2}
    assert any("not saved" in warning.value for warning in at.run().warning)
