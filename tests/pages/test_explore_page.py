"""Task 1 as a student meets it, from `Home.py`, with a Hub that is not always there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue import catalogue
from core.explore import dataset_rows, repo_page
from core.explore.getting import downloads
from core.explore.model_page import page_cache
from core.explore.search import forget_answers
from core.inference.lab import lab
from core.settings import settings
from tests.loopback_hub import MEMBER, Faults, LoopbackHub, Repo, point_at
from tests.loopback_starters import DATASET, STREAMLIT_SPACE, serve_starters

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
WORD = "explore.model.word.text-generation"
SEARCH = "Search"
STORY = "open-model-lab/gpt2-stories"
HOSTILE = "evil/card"


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """The starters as a Hub, and beside them a card that means harm."""
    monkeypatch.setenv("OPEN_MODEL_LAB_CACHE", str(tmp_path / "lab"))
    _forget()
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "README.md").write_text(
        "---\nlicense: [[[\n---\n# <script>alert(1)</script>Hi\n"
        "[press](javascript:alert(1)) <img src=https://spy.example/x.png alt=spy>\n"
    )
    with serve_starters() as served:
        served.repos = (*served.repos, Repo(HOSTILE, folder, pipeline_tag="text-generation"))
        point_at(served.url, tmp_path / "hub", monkeypatch)
        yield served
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab, downloads):
        cached.cache_clear()
    for shared in (page_cache, repo_page._shared, dataset_rows._shared):
        shared.clear()
    forget_answers()


def visit(**address: str) -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60).run()
    at.switch_page("pages/tasks/explore.py")
    for name, value in address.items():
        at.query_params[name] = value
    return at.run()


def opened(at: AppTest) -> list[str]:
    """Return the ids of the results, in order."""
    return [b.key.rpartition(".")[0] and b.label for b in at.button if "explore.open" in str(b.key)]


def texts(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.caption, *at.markdown, *at.text, *at.warning))


def test_at_first_nothing_is_asked_and_the_page_says_what_to_do(hub: LoopbackHub) -> None:
    at = visit()
    assert not at.exception
    assert "course's three" in at.info[0].value
    assert hub.requests("/api/models") == []


def test_one_press_shows_what_is_here_and_what_the_hub_has(hub: LoopbackHub) -> None:
    at = visit().button(key=WORD).click().run()
    assert not at.exception
    assert [label for label in opened(at) if "starter" in label] == ["starter/gpt2-stories"]
    assert STORY in opened(at)
    assert len(hub.requests("/api/models")) == 1


def test_thirty_students_with_the_same_words_cost_one_request(hub: LoopbackHub) -> None:
    for _ in range(3):
        visit().button(key=WORD).click().run()
    assert len(hub.requests("/api/models")) == 1


def test_a_page_says_what_is_known_who_says_so_and_what_nobody_says() -> None:
    at = visit(model=STORY)
    assert not at.exception
    said = texts(at)
    assert "MIT License" in said and "1,088,256" in said
    assert any("does not say" in heading.value for heading in at.subheader)


def test_what_was_found_stays_when_one_comes_back_from_a_page() -> None:
    at = visit().button(key=WORD).click().run()
    before = opened(at)
    at.button(key=f"explore.open.LIVE.model.{STORY}").click().run()
    assert at.header[0].value == STORY
    back = next(button for button in at.button if button.label == "All results")
    back.click().run()
    assert opened(at) == before


def test_a_hub_that_falls_silent_leaves_what_is_on_the_screen(hub: LoopbackHub) -> None:
    hub.most_listed = 1000
    at = visit().button(key=WORD).click().run()
    before = opened(at)
    hub.faults = Faults(status=500)
    at.text_input(key="explore.model.text").set_value("llama")
    next(button for button in at.button if button.label == SEARCH).click().run()
    assert "own list" in texts(at)  # another question gets the snapshot, which says so
    at.text_input(key="explore.model.text").set_value("")
    next(button for button in at.button if button.label == SEARCH).click().run()
    assert opened(at) == before  # the same question as before gets its answer of before


def test_a_hub_that_falls_silent_between_two_pages_leaves_the_first(hub: LoopbackHub) -> None:
    folder = next(repo.folder for repo in hub.repos if repo.id == STORY)
    hub.repos = (*hub.repos, *(Repo(f"school/m-{at}", folder) for at in range(20)))
    at = visit().button(key=WORD).click().run()
    before = opened(at)
    hub.faults = Faults(status=500)
    at.button(key="explore.model.more").click().run()
    assert opened(at) == before
    assert ["still see this page" in box.value for box in at.warning] == [True]


def test_a_hostile_card_is_harmless_on_the_page() -> None:
    at = visit(model=HOSTILE)
    at.session_state[f"explore.parts.{HOSTILE}"] = "Its card"
    at.run()
    assert not at.exception
    drawn = "\n".join(part.proto.body for part in at.get("html"))
    assert "Hi" in drawn
    assert not any(bad in drawn for bad in ("<script", "href", "spy.example", "<img"))
    assert "1 picture" in texts(at)


def test_a_dataset_shows_its_first_rows() -> None:
    at = visit(dataset=DATASET)
    assert not at.exception
    at.session_state[f"explore.parts.dataset.{DATASET}"] = "First rows"
    at.run()
    assert not at.exception
    assert "A hen looked for a friend." in at.dataframe[0].value.to_string()


def test_a_space_says_what_it_is_made_with() -> None:
    at = visit(space=STREAMLIT_SPACE)
    assert not at.exception
    assert "Streamlit" in texts(at)


@pytest.mark.parametrize(
    "id", ["../../etc/passwd", "a" * 300, "no/such-model", "<b>x</b>/y", "é/ü"]
)
def test_an_id_that_is_none_is_told_in_words(id: str) -> None:
    at = visit(model=id)
    assert not at.exception
    assert at.error or at.warning


def test_a_typed_token_stays_in_the_visit(hub: LoopbackHub, tmp_path: Path) -> None:
    folder = next(repo.folder for repo in hub.repos if repo.id == STORY)
    hub.repos = (*hub.repos, Repo("school/gated", folder, gated="auto"))
    at = visit(model="school/gated")
    assert "gate" in texts(at)
    at.text_input(key="visit.token").set_value(MEMBER).run()
    assert not at.exception
    other = visit(model="school/gated")
    assert other.text_input(key="visit.token").value == ""
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(MEMBER.encode() in file.read_bytes() for file in written)
