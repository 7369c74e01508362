"""The layout that phones get: Streamlit's own menu, and the steps of a task below its workbench."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tools.browsing import PHONE, Lab
from tools.serving import Served


def top_px(place: Locator) -> float:
    """Return how far below the top of the window `place` begins."""
    box = place.bounding_box()
    assert box is not None
    return box["y"]


def test_the_menu_folds_away_after_a_choice_and_the_steps_stand_below_the_workbench(
    lab_server: Served, visit: Callable[..., Lab]
) -> None:
    lab = visit(lab_server, **PHONE)
    page = lab.open("/")
    address_of_home = page.url
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).not_to_be_visible()
    page.get_by_test_id("stExpandSidebarButton").click()
    sidebar.get_by_role("link", name="Task 2 Test").click()
    lab.settle()
    expect(lab.heading()).to_have_text("Task 2: Test a model")
    expect(sidebar).not_to_be_visible()
    assert page.url == address_of_home.replace("/?", "/test?")

    lab.press_and_wait("Run")
    main = lab.main()
    output = main.locator(".st-key-test-output")
    expect(output.get_by_text("Tokens out", exact=True)).to_be_visible()
    assert top_px(main.get_by_role("heading", name="Steps", exact=True)) > top_px(output)
    lab.expect_no_error()
