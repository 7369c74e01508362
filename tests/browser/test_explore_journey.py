"""Task 1 in a real browser, on a Hub of its own on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.loopback_hub import Faults, LoopbackHub
from tests.loopback_starters import starter_hub  # noqa: F401  (a fixture)
from tools.browsing import Lab

MODEL = "open-model-lab/gpt2-stories"
WHISPER = "openai/whisper-tiny"


def test_a_student_finds_a_model_reads_its_card_gets_it_and_runs_it(
    cold_lab: Callable[..., Lab],
    starter_hub: LoopbackHub,  # noqa: F811
) -> None:
    lab = cold_lab(environment=starter_hub.environment)
    page = lab.open("/explore")
    main = lab.main()
    lab.click("Text generation")
    expect(main.get_by_text(re.compile("live, "))).to_be_visible()
    lab.click(MODEL)

    expect(main.get_by_role("heading", name=MODEL)).to_be_visible()
    expect(main.get_by_text("MIT License (mit)")).to_be_visible()
    expect(main.get_by_role("heading", name=re.compile("does not say"))).to_be_visible()
    page.get_by_role("tab", name="Its card").click()
    lab.settle()
    expect(main.get_by_role("heading", name="Data and training")).to_be_visible()
    page.get_by_role("tab", name="Does it fit here?").click()
    lab.settle()
    expect(main.get_by_text(re.compile("^Fits here"))).to_be_attached()

    starter_hub.faults = Faults(slow_s=1.5, only="/cdn/")
    page.get_by_role("button", name=re.compile("^Get it")).click()
    expect(main.get_by_role("progressbar")).to_be_visible()
    expect(main.get_by_text("It is on this machine.")).to_be_visible()
    lab.click("Open in Task 2")
    expect(lab.heading()).to_have_text("Task 2: Test a model")
    page.get_by_role("button", name="Run", exact=True).click()
    output = page.locator(".st-key-test-output")
    expect(output.get_by_text(MODEL).first).to_be_visible()
    expect(output.get_by_text("Tokens/s", exact=True)).to_be_visible()
    lab.expect_no_error()


def test_each_click_on_a_tab_turns_to_it(lab: Lab) -> None:
    page = lab.open("/explore")
    for name in ("Datasets", "Models", "Spaces", "Models"):
        page.get_by_role("tab", name=name).click()
        lab.settle()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_without_a_hub_the_snapshot_says_its_date(lab: Lab) -> None:
    page = lab.open("/explore")
    main = lab.main()
    lab.click("Speech recognition")
    expect(main.get_by_text(re.compile(r"snapshot, \d+ \w+ \d{4}$"))).to_be_visible()
    lab.click(WHISPER)
    expect(main.get_by_role("heading", name=WHISPER)).to_be_visible()
    page.get_by_role("tab", name="How open it is").click()
    lab.settle()
    expect(main.get_by_text(re.compile("open-weights$")).first).to_be_visible()
    lab.expect_no_error()


def test_back_leaves_the_page_of_a_model_in_one_step_and_the_visitor_stays(lab: Lab) -> None:
    page = lab.open("/explore")
    main = lab.main()
    lab.click("Speech recognition")
    search = page.url
    lab.click(WHISPER)
    expect(main.get_by_role("heading", name=WHISPER)).to_be_visible()
    page.go_back()
    lab.settle()
    expect(main.get_by_text(re.compile("snapshot, "))).to_be_visible()
    assert page.url == search
    # The way back of the page itself keeps the address in order too.
    page.go_forward()
    lab.settle()
    lab.click("All results")
    expect(main.get_by_text(re.compile("snapshot, "))).to_be_visible()
    assert page.url == search
    page.go_back()
    lab.settle()
    expect(main.get_by_role("heading", name=WHISPER)).to_be_visible()
    lab.expect_no_error()
