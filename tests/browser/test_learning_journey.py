"""Exercises, the address that keeps them, and the passport, as a student meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from core.storage.keys import learner_of
from tools.browsing import Lab
from tools.serving import Served

HEADLINE = "A headline for the newspaper"
MEMORY = "Does it fit on the laptop?"


def key_of(address: str) -> str:
    """Return the key in `address`, by which its learner is known."""
    (key,) = parse_qs(urlsplit(address).query)["learner"]
    return key


def exercise(lab: Lab, title: str) -> Locator:
    """Return the frame around the exercise called `title`."""
    heading = lab.page.get_by_role("heading", name=title, exact=True)
    return heading.locator("xpath=ancestor::*[contains(@class, 'st-key-')][1]")


def press(lab: Lab, within: Locator, name: str | re.Pattern[str]) -> None:
    """Press the button `name` of an exercise and wait for the lab's answer."""
    within.get_by_role("button", name=name).click()
    lab.settle()


def answer(lab: Lab, title: str, choice: str) -> Locator:
    """Choose `choice` in the exercise `title`, have it checked, and return its frame."""
    frame = exercise(lab, title)
    frame.get_by_text(choice).click()
    press(lab, frame, "Check")
    return frame


def open_step(lab: Lab, number: int) -> None:
    """Turn to a step of the guide beside the workbench."""
    steps = lab.page.get_by_test_id("stSidebar").get_by_test_id("stButtonGroup")
    steps.get_by_role("radio").nth(number - 1).click()
    lab.settle()


def answer_a_question_of_the_lesson(lab: Lab) -> None:
    """Be wrong, take a hint, be right."""
    lab.open("/lesson-1")
    frame = answer(lab, HEADLINE, "as its Apache 2.0 licence proves")
    expect(frame).to_contain_text("Not yet")
    press(lab, frame, "Hint 1 of 3")
    expect(frame).to_contain_text("Hint 1.")
    frame = answer(lab, HEADLINE, "keeps to itself what the model has read")
    expect(frame).to_contain_text("Correct")
    expect(frame).to_contain_text("Hint 1.")


def predict_and_run(lab: Lab) -> None:
    """Lock a prediction in Task 2, and run twice what it is about."""
    lab.turn_to("Task 2 Test")
    open_step(lab, 2)
    lab.click("Load this example")
    frame = exercise(lab, "The same seed again")
    frame.get_by_text("the same text", exact=True).click()
    press(lab, frame, "Lock my prediction")
    lab.press_and_wait("Run")
    expect(exercise(lab, "The same seed again")).to_contain_text("Not yet")
    lab.press_and_wait("Run")
    expect(exercise(lab, "The same seed again")).to_contain_text("Correct")


def compare_and_conclude(lab: Lab) -> None:
    """Compare two summarisers in Task 3, and name the faster one by one's own chart."""
    lab.turn_to("Task 3 Compare")
    lab.click("Load this example")
    lab.press_and_wait("Compare", timeout_s=180)
    frame = exercise(lab, "Which is faster?")
    for choice in frame.get_by_role("radio").all():
        choice.locator("xpath=ancestor::label").click()
        press(lab, frame, "Check")
        if "Correct" in frame.inner_text():
            break
    expect(frame).to_contain_text("Correct")


def calculate_in_the_next_lesson(lab: Lab) -> None:
    """Go on with an exercise that was not touched yet."""
    lab.turn_to("2 The model families")
    frame = exercise(lab, MEMORY)
    expect(frame).to_contain_text("Not attempted")
    frame.get_by_role("spinbutton").fill("3.6")
    press(lab, frame, "Check")
    expect(frame).to_contain_text("Correct")


def expect_all_of_it(lab: Lab, *, done: int) -> None:
    """Hold that `done` exercises are, and the lesson is as the student left it."""
    lab.turn_to("Home")
    expect(lab.main().get_by_text(re.compile(rf"^{done} of \d+ exercises done"))).to_be_visible()
    lab.turn_to("1 Open-source models")
    expect(exercise(lab, HEADLINE)).to_contain_text("Correct")


@pytest.mark.timeout(600)
def test_work_survives_a_reload_another_browser_and_its_own_deletion(
    lab_server: Served, visit: Callable[[Served], Lab], tmp_path: Path
) -> None:
    lab = visit(lab_server)
    answer_a_question_of_the_lesson(lab)
    predict_and_run(lab)
    compare_and_conclude(lab)
    lab.page.reload()
    lab.settle()
    # The next open step is the one in view.
    expect(lab.page.get_by_text("1 of 6 done")).to_be_visible()
    expect(exercise(lab, "And which writes more?")).to_be_visible()
    open_step(lab, 1)
    expect(exercise(lab, "Which is faster?")).to_contain_text("Correct")
    expect(lab.main().get_by_text("What the models wrote")).to_be_visible()
    address = lab.page.url.removeprefix(lab_server.url)

    elsewhere = visit(lab_server)
    elsewhere.open(address)
    # Whoever was given somebody's address by mistake is told, and can begin their own.
    expect(elsewhere.page.get_by_text("This address is open in 2 windows now.")).to_be_visible()
    expect_all_of_it(elsewhere, done=3)
    calculate_in_the_next_lesson(elsewhere)
    # The first browser sees it as well.
    expect_all_of_it(lab, done=4)

    elsewhere.turn_to("My lab")
    elsewhere.click("Make the passport")
    with elsewhere.page.expect_download() as download:
        elsewhere.page.get_by_role("button", name=re.compile(r"Download .*\.json")).click()
    passport = tmp_path / "passport.json"
    download.value.save_as(passport)

    elsewhere.page.get_by_role("tab", name="Delete").click()
    elsewhere.settle()
    elsewhere.page.get_by_label("Type delete to confirm").fill("delete")
    elsewhere.page.keyboard.press("Enter")
    elsewhere.settle()
    elsewhere.click("Delete my data", exact=True)
    expect(elsewhere.page.get_by_text("Everything that you did here is deleted")).to_be_visible()
    assert elsewhere.page.url.removeprefix(lab_server.url) != address.replace("compare", "my_lab")
    gone = visit(lab_server)
    gone.open(address)
    expect(exercise(gone, "Which is faster?")).to_contain_text("Not attempted")

    elsewhere.page.locator("input[type=file]").set_input_files(passport)
    elsewhere.settle()
    elsewhere.click("Restore", exact=True)
    expect(elsewhere.page.get_by_text(re.compile("^Restored:"))).to_be_visible()
    expect_all_of_it(elsewhere, done=4)
    elsewhere.expect_no_error()

    # Whoever reads the server's log can open nobody's work.
    log = lab_server.log.read_text(errors="replace")
    for key in map(key_of, (address, elsewhere.page.url)):
        assert key not in log
        assert learner_of(key) not in log
