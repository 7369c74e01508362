"""How soon a starter answers after the click, in a real browser: the first time, and warm.

The clock runs from the click on Run to the first words of the model on the screen, so the network
on this machine, the page's script and the drawing are all in it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil

from benchmarks.registry import Measurement, benchmark
from core.inference.tasks import TASKS
from core.inference.types import Task
from tools.browsing import Lab, chromium
from tools.serving import served

COLD_ROUNDS = 3
WARM_ROUNDS = 9
_FIRST_WORDS = """prompt => {
    const output = document.querySelector('.st-key-test-output');
    const text = output ? output.innerText : '';
    const place = text.indexOf(prompt);
    return place >= 0 && text.slice(place + prompt.length).trim().length > 0;
}"""


@benchmark
def first_answer() -> Iterator[Measurement]:
    """Click Run on a server that has answered nobody, then again when the model is in memory."""
    cold, warm = [], []
    with chromium() as browser:
        for number in range(COLD_ROUNDS):
            with tempfile.TemporaryDirectory() as place, served(Path(place) / "lab") as server:
                lab = Lab(browser.new_page(), server.url)
                lab.open("/test")
                cold.append(_click_to_first_words(lab))
                if number == 0:
                    warm = [_click_to_first_words(lab) for _ in range(WARM_ROUNDS)]
    yield Measurement("answering.cold_click_to_first_words", median(cold), "s", "lower", bar=6)
    yield Measurement("answering.warm_click_to_first_words", median(warm), "s", "lower", bar=0.3)


@benchmark
def memory_in_use() -> Iterator[Measurement]:
    """Use every starter that writes on the real lab, then read what its process holds in memory."""
    with (
        tempfile.TemporaryDirectory() as place,
        served(Path(place) / "lab") as server,
        chromium() as browser,
    ):
        lab = Lab(browser.new_page(), server.url)
        lab.open("/test")
        lab.press_and_wait("Run")
        lab.open("/compare")
        for task in (Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR):
            lab.page.get_by_role("radio", name=TASKS[task].label, exact=True).click()
            lab.settle()
            lab.press_and_wait("Compare")
        resident = psutil.Process(server.pid).memory_info().rss
    yield Measurement("answering.memory_in_use", resident / 1e6, "MB", "lower", bar=900)


def _click_to_first_words(lab: Lab) -> float:
    """Type a prompt of its own, so that words of an earlier run cannot be taken for the first."""
    prompt = f"Once upon a time, {time.monotonic_ns()} robots"
    lab.page.get_by_label("Beginning of a text").fill(prompt)
    lab.page.keyboard.press("Control+Enter")
    lab.settle()
    started = time.perf_counter()
    lab.page.get_by_role("button", name="Run", exact=True).click()
    lab.page.wait_for_function(_FIRST_WORDS, arg=prompt, polling=10)
    seconds = time.perf_counter() - started
    lab.settle()
    return seconds
