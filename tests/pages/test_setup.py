"""'Load this example' fills the workbench of its page in, and leaves what it cannot offer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.exercises.types import Setup
from core.lessons import task_guide
from tests.loopback_hub import point_at

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
PAGES = ("explore", "test", "compare", "finetune")


@pytest.fixture(autouse=True)
def empty_lab(lab_with: Callable[[Path], None], tmp_path: Path, monkeypatch: Any) -> None:
    point_at("http://127.0.0.1:9", tmp_path / "hub", monkeypatch)  # a school without a network
    lab_with(tmp_path / "models")


def _visit(page: str) -> AppTest:
    path = f"pages/tasks/{page}.py"
    return AppTest.from_file(str(HOME), default_timeout=60).run().switch_page(path).run()


def _steps(page: str) -> list[tuple[int, str, Setup]]:
    steps = enumerate(task_guide(page).steps)
    return [(number, step.id, step.setup) for number, step in steps if step.setup is not None]


def _shown(at: AppTest) -> dict[str, Any]:
    """Return what the fields of the page show, by key."""
    kinds = ("selectbox", "text_area", "text_input", "slider", "number_input", "multiselect")
    kinds += ("segmented_control", "select_slider", "toggle", "radio")
    return {field.key: field.value for kind in kinds for field in at.get(kind) if field.key}


@pytest.mark.parametrize("page", PAGES)
def test_each_example_of_a_guide_shows_on_its_page(page: str) -> None:
    at = _visit(page)
    steps, before = _steps(page), _shown(at)
    assert not all(_wanted(setup).items() <= before.items() for _, _, setup in steps)
    for number, id, setup in steps:
        assert setup.page == page
        at.segmented_control(key=f"guide.{page}").set_value(number).run()
        at.button(key=f"guide.{page}.setup.{id}").click().run()
        assert not at.exception, (id, at.exception)
        assert _wanted(setup).items() <= _shown(at).items(), id


def _wanted(setup: Setup) -> dict[str, Any]:
    """Return what the fields have to show, by key, once a setup was applied."""
    match setup.page:
        case "explore":
            if setup.open is not None:
                return {"tokens.text": setup.prompt} if setup.prompt else {}
            return _given({"explore.model.task": setup.task, "explore.model.text": setup.search})
        case "test":
            key = f"test.{setup.task}"
            own = {
                "test.task": setup.task,
                f"{key}.model": setup.model,
                f"{key}.alternatives": setup.alternatives,
            }
            return _given({**own, f"{key}.prompt": setup.prompt, **_settings(key, setup)})
        case "compare":
            key = f"compare.{setup.task}"
            own = {
                "compare.task": setup.task,
                "compare.repeats": setup.repeats,
                "compare.equal_length": setup.equal_length,
                "compare.blind": setup.blind,
                f"{key}.inputs": "\n".join(setup.inputs),
                f"{key}.references": "\n".join(setup.references) or None,
                f"{key}.models": list(setup.models) or None,
                f"{key}.{setup.differs}.model": setup.model,
            }
            return _given({**own, **_settings(key, setup)})
        case "finetune":
            own = {"finetune.preset": setup.preset, "finetune.labels_used": setup.labels_used}
            return _given(own)


def _settings(key: str, setup: Setup) -> dict[str, Any]:
    names = ("max_new_tokens", "temperature", "top_p", "seed")
    return {f"{key}.{name}": getattr(setup, name) for name in names}


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def test_each_switch_that_a_step_is_about_is_set_by_its_example() -> None:
    steps = {id: setup for page in PAGES for _, id, setup in _steps(page)}
    assert steps["least-sure"].alternatives is True
    assert steps["eyes-against-chrf"].blind is True
    # What shows how sure a model was takes time: it is off again where time is measured.
    assert steps["cut-short"].alternatives is False
    assert steps["longer-text"].alternatives is False


def test_an_example_opens_the_page_of_a_model_and_the_next_one_the_search_again() -> None:
    at = _visit("explore")
    by_id = {id: number for number, id, _ in _steps("explore")}

    def load(id: str) -> None:
        at.segmented_control(key="guide.explore").set_value(by_id[id]).run()
        at.button(key=f"guide.explore.setup.{id}").click().run()

    load("tokens-of-a-sentence")
    assert "starter/gpt2-stories" in at.query_params["model"]
    assert "26 tokens" in " ".join(caption.value for caption in at.caption)
    load("licensed-and-small")
    assert "model" not in at.query_params
    assert at.selectbox(key="explore.model.task").value == "text-generation"


@pytest.mark.parametrize(
    "setup",
    [
        Setup(page="test", task="text-generation", model="nobody/nothing", temperature=5.0),
        Setup(page="test", task="image-to-image", prompt="A cat"),
        Setup(page="compare", task="fill-mask", models=("nobody/nothing", "nobody/else")),
        Setup(page="compare", differs="engine", model="nobody/nothing", max_new_tokens=4096),
        Setup(page="finetune", preset="no such thing", labels_used=7),
        Setup(page="finetune", preset="sound", labels_used=7),
        Setup(page="explore", task="no such task"),
        Setup(page="explore", open="nobody/nothing", prompt="Once upon a time"),
    ],
)
def test_what_a_page_does_not_offer_is_left_as_it_was(setup: Setup) -> None:
    def script(path: str, page: str, given: str) -> None:
        import streamlit as st

        from core.exercises.types import Setup
        from ui.setup import apply

        st.button("load", on_click=apply, args=(Setup.model_validate_json(given),), key="load")
        # The page itself, with the navigation that it needs.
        exec(compile(open(path).read(), path, "exec"), {"__file__": path})  # noqa: S102, SIM115, PTH123

    at = AppTest.from_function(
        script, args=(str(HOME), setup.page, setup.model_dump_json()), default_timeout=60
    )
    at.run()
    at.button(key="load").click().run()
    assert not at.exception
