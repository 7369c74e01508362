"""What a student does on Day 9, in a real browser on the real lab."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.random_models import make_gpt2
from tools.browsing import Lab

OUTPUT = ".st-key-test-output"
FIRST_OUTPUTS = ".st-key-compare-output-1"
# The first model of a cold server: torch is imported, and the model converted for its engine.
LOADING_MS = 120_000


def choose(page: Page, field: str, option: str) -> None:
    """Choose the option that begins with `option` in the list `field`."""
    # By its role and whole name: another field may be drawn first, and have a longer name.
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option").filter(has_text=option).first.click()


def finding(lab: Lab, title: str) -> str:
    """Return the sentence that stands over the chart called `title`."""
    block = (
        lab.main()
        .get_by_text(title, exact=True)
        .locator("xpath=following::*[@data-testid='stMarkdown'][1]")
    )
    return block.inner_text()


def test_a_student_reads_a_lesson_and_runs_its_example(lab: Lab) -> None:
    page = lab.open("/")
    page.get_by_role("link", name=re.compile("4 From prompt to output")).first.click()
    expect(lab.heading()).to_have_text("From prompt to output")
    lab.press_and_wait("Run it")
    expect(lab.main().get_by_text("Time to first token").first).to_be_visible()
    expect(lab.main().get_by_text("Once upon a time in AI world,").last).to_be_visible()
    lab.click("Go to Task 2")
    expect(lab.heading()).to_have_text("Task 2: Test a model")
    lab.expect_no_error()


def test_a_run_streams_and_shows_its_timing(lab: Lab) -> None:
    page = lab.open("/test")
    output = page.locator(OUTPUT)
    prompt = "Once upon a time in AI world,"
    page.get_by_role("button", name="Run", exact=True).click()
    expect(output).to_contain_text(re.compile(re.escape(prompt) + r"\s*\w+"))
    lab.settle(timeout_s=60)
    for label in ("Time to first token", "Tokens/s", "Tokens in", "Tokens out"):
        expect(output.get_by_text(label, exact=True)).to_be_visible()
    for badge in ("starter/gpt2-stories", "llama.cpp Q8_0", "live"):
        expect(output.get_by_text(badge).first).to_be_visible()
    lab.expect_no_error()


@pytest.fixture(scope="module")
def endless_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model whose random weights never end by themselves, and take their time."""
    folder = tmp_path_factory.mktemp("models")
    make_gpt2(folder / "endless", layers=24, width=256, context=1024)
    return folder


@pytest.fixture
def endless_lab(cold_lab: Callable[..., Lab], endless_models: Path) -> Lab:
    """A lab of its own with the endless model."""
    return cold_lab(environment={"OPEN_MODEL_LAB_MODELS": str(endless_models)})


def choose_endless(lab: Lab) -> Page:
    """Open Task 2 with the endless model chosen and allowed to write as much as it may."""
    page = lab.open("/test")
    choose(page, "Model", "local/endless")
    lab.settle()
    lab.main().get_by_text("Parameters", exact=True).click()
    page.get_by_role("slider", name="Max new tokens").press("End")
    lab.settle()
    return page


def press(page: Page, name: str) -> None:
    """Press the button `name` and wait for nothing."""
    page.get_by_role("button", name=name, exact=True).click()


def expect_tokens(page: Page) -> None:
    """Expect the run on the page to be writing."""
    written = page.locator(OUTPUT).get_by_text(re.compile(r"[1-9]\d* tokens$"))
    expect(written).to_be_visible(timeout=LOADING_MS)


def test_stop_ends_a_run_and_keeps_what_was_written(endless_lab: Lab) -> None:
    page = choose_endless(endless_lab)
    press(page, "Run")
    expect_tokens(page)
    press(page, "Stop")
    expect(endless_lab.main().get_by_text("Stopped before the end.")).to_be_visible()
    written = endless_lab.main().get_by_test_id("stMetric").filter(has_text="Tokens out")
    tokens = int(re.sub(r"\D", "", written.get_by_test_id("stMetricValue").inner_text()))
    assert 0 < tokens < 300
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    endless_lab.expect_no_error()


def test_a_second_student_sees_the_place_in_line_and_is_answered_next(
    endless_lab: Lab, browser: Browser
) -> None:
    first = choose_endless(endless_lab)
    second = choose_endless(Lab(browser.new_context().new_page(), endless_lab.url))
    press(first, "Run")
    expect_tokens(first)
    press(second, "Run")
    expect(second.get_by_text("You are number 1 in line")).to_be_visible()
    press(first, "Stop")
    expect_tokens(second)
    press(second, "Stop")
    expect(second.get_by_text("Stopped before the end.")).to_be_visible()
    second.context.close()


def test_a_reload_in_the_middle_of_a_run_leaves_a_working_page(lab: Lab) -> None:
    page = lab.open("/test")
    page.get_by_role("button", name="Run", exact=True).click()
    page.reload()
    lab.wait_until_idle()
    lab.press_and_wait("Run")
    expect(lab.main().get_by_text("Tokens out").first).to_be_visible()
    lab.expect_no_error()


def test_two_visitors_with_keys_of_their_own_do_not_see_each_other(lab: Lab) -> None:
    first = lab.open("/test")
    lab.press_and_wait("Run")
    expect(lab.main().get_by_text("Your runs")).to_be_visible()
    # An address without a key gets one of its own, even in the same browser.
    other = Lab(first.context.new_page(), lab.url)
    second = other.open("/test")
    assert second.url != first.url
    expect(other.main().get_by_text("then press Run")).to_be_visible()
    expect(other.main().get_by_text("Your runs")).to_have_count(0)
    second.close()


@pytest.mark.parametrize("prompt", ["", "   "], ids=["empty", "blank"])
def test_a_prompt_without_text_is_answered_in_plain_words(lab: Lab, prompt: str) -> None:
    page = lab.open("/test")
    page.get_by_label("Beginning of a text").fill(prompt)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(lab.main().get_by_text("There is no text to send to the model.")).to_be_visible()
    lab.expect_no_error()


def test_a_prompt_of_2_megabytes_is_refused_and_kept(lab: Lab) -> None:
    page = lab.open("/test")
    box = page.get_by_label("Beginning of a text")
    box.fill("robot " * 350_000)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(lab.main().get_by_text("2,100,000 characters")).to_be_visible()
    assert len(box.input_value()) == 2_100_000
    lab.expect_no_error()


def test_what_was_typed_just_before_the_click_is_what_runs(lab: Lab) -> None:
    page = lab.open("/test")
    page.get_by_label("Beginning of a text").fill("One rainy morning, a small")
    lab.press_and_wait("Run")
    expect(page.locator(OUTPUT)).to_contain_text("One rainy morning, a small")


def test_a_student_compares_two_translators_and_takes_the_figures_home(lab: Lab) -> None:
    page = lab.open("/compare")
    expect(lab.main().get_by_text("2 candidates × 2 inputs × 3 repeats = 12 runs")).to_be_visible()
    lab.press_and_wait("Compare")
    expect(page.get_by_role("heading", name="What the models wrote")).to_be_visible()
    expect(lab.main().get_by_test_id("stVegaLiteChart")).to_have_count(4)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download every run as CSV").click()
    runs = pd.read_csv(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert len(runs) == 12
    assert runs.groupby("model").size().to_dict() == {
        "starter/t5-en-fr-micro": 6,
        "starter/t5-en-fr-nano": 6,
    }
    # The figures over the charts are the medians of the file.
    for title, column in (("Latency", "latency_s"), ("Output length", "tokens_out")):
        shown = finding(lab, title)
        for model, median in runs.groupby("model")[column].median().items():
            short = str(model).rpartition("/")[2]
            figure = re.search(rf"(?:median )?([\d.]+) (ms|s|tokens) for {short}\b", shown)
            assert figure, shown
            value = float(figure[1]) / (1000 if figure[2] == "ms" else 1)
            assert value == pytest.approx(median, rel=0.06)
    # And the outputs on the screen are those of the file.
    for text in runs["output"].unique():
        expect(lab.main().get_by_text(text, exact=True).first).to_be_visible()
    lab.expect_no_error()


def test_a_comparison_can_be_stopped_and_shows_what_it_has(endless_lab: Lab) -> None:
    page = endless_lab.open("/compare")
    page.get_by_role("radio", name="Text generation", exact=True).click()
    endless_lab.settle()
    choose(page, "Models", "local/endless")
    page.keyboard.press("Escape")
    endless_lab.settle()
    press(page, "Compare")
    main = endless_lab.main()
    expect(main.get_by_text(re.compile(r"[1-9]\d* of 12 runs"))).to_be_visible(timeout=LOADING_MS)
    press(page, "Stop")
    expect(main.get_by_text(re.compile(r"Stopped after \d+ of 12 runs"))).to_be_visible()
    expect(main.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    endless_lab.expect_no_error()


def test_a_student_compares_one_model_on_two_engines_and_in_two_precisions(lab: Lab) -> None:
    page = lab.open("/compare")
    page.get_by_role("radio", name="Same model, another engine", exact=True).click()
    lab.settle()
    lab.press_and_wait("Compare")
    for badge in ("ctranslate2 int8", "transformers float32"):
        expect(page.locator(FIRST_OUTPUTS).get_by_text(badge).first).to_be_visible()
    page.get_by_role("radio", name="Text generation", exact=True).click()
    lab.settle()
    page.get_by_role("radio", name="Same model, other precision", exact=True).click()
    lab.settle()
    lab.press_and_wait("Compare")
    for badge in ("llama.cpp Q8_0", "llama.cpp Q4_0", "llama.cpp F16"):
        expect(page.locator(FIRST_OUTPUTS).get_by_text(badge).first).to_be_visible()
    lab.expect_no_error()


def test_a_student_races_the_engines_in_a_lesson(lab: Lab) -> None:
    page = lab.open("/lesson-5")
    press(page, "Measure here")
    told = lab.main().get_by_text(re.compile(r"writes? fastest: median"))
    expect(told).to_be_visible(timeout=LOADING_MS)
    expect(lab.main().get_by_test_id("stVegaLiteChart")).to_be_visible()
    lab.expect_no_error()


def test_leaving_the_page_ends_its_run_and_keeps_what_was_written(endless_lab: Lab) -> None:
    page = choose_endless(endless_lab)
    press(page, "Run")
    expect_tokens(page)
    endless_lab.turn_to("Glossary")
    endless_lab.turn_to("Task 2 Test")
    expect(endless_lab.main().get_by_text("Stopped before the end.")).to_be_visible()
    endless_lab.expect_no_error()


def test_closing_the_lab_gives_the_turn_to_the_next_student(
    endless_lab: Lab, browser: Browser
) -> None:
    first = choose_endless(Lab(browser.new_context().new_page(), endless_lab.url))
    second = choose_endless(endless_lab)
    press(first, "Run")
    expect_tokens(first)
    press(second, "Run")
    expect(second.get_by_text("You are number 1 in line")).to_be_visible()
    first.context.close()
    expect_tokens(second)


def test_everything_can_be_reached_and_run_with_the_keyboard(lab: Lab) -> None:
    page = lab.open("/test")
    box = page.get_by_label("Beginning of a text")
    box.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" there was")
    page.keyboard.press("Control+Enter")
    lab.settle()
    run = page.get_by_role("button", name="Run", exact=True)
    for _ in range(12):
        page.keyboard.press("Tab")
        if run.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(lab.main().get_by_text("Tokens out").first).to_be_visible(timeout=LOADING_MS)
