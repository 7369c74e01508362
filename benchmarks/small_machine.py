"""The lab on the smallest machine it is made for: 1 GB of memory and one core.

Those are about the limits of Streamlit Community Cloud. The real lab is served in a control group
(`tools.confined`), and a visitor in a real browser, who is not in it, uses Task 2 with each task
and Task 3 with each that has two models; then the reference engine, models of real sizes, and one
that is too large.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.registry import Measurement, benchmark
from benchmarks.sized_models import LLAMA, T5, sized_models
from core.inference.tasks import TASKS
from core.inference.types import Task
from tools.browsing import Lab, chromium
from tools.confined import confinement
from tools.serving import served

LIMIT_BYTES = 10**9
TOO_LARGE = "Llama-3.2-1B"
_SLOW_S = 300


@benchmark
def one_gigabyte() -> Iterator[Measurement]:
    """Go further and further; fails if the lab dies or shows an error.

    Yields the peak so far after each: what all its processes took together, without what the system
    keeps of files, which it gives up when asked.
    """
    with (
        tempfile.TemporaryDirectory() as place,
        confinement(LIMIT_BYTES) as small,
        served(
            Path(place) / "lab",
            within=small.command(cores=1),
            environment={"OPEN_MODEL_LAB_MODELS": str(sized_models())},
        ) as server,
        chromium() as browser,
    ):
        if small.group is None:
            print("No control group can be made here: each process is limited by itself.")
        lab = Lab(browser.new_page(), server.url)
        for name, (visit, bar) in _VISITS.items():
            visit(lab)
            lab.expect_no_error()
            if psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE:
                raise RuntimeError(f"The lab died. It logged:\n{server.log_tail()}")
            peak = small.peak_anonymous_bytes / 1e6
            yield Measurement(f"small_machine.{name}, peak", peak, "MB", "lower", bar=bar)
            if small.kills is not None:
                name = f"small_machine.{name}, ended by the system"
                none = None if bar is None else 0
                yield Measurement(name, small.kills, "processes", "lower", bar=none)


def _use_every_starter(lab: Lab) -> None:
    for task in set(Task) - {Task.TEXT_CLASSIFICATION}:
        lab.open("/test")
        _choose_task(lab, task)
        _run(lab)
    for task in (Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR):
        lab.open("/compare")
        _choose_task(lab, task)
        lab.press_and_wait("Compare", timeout_s=_SLOW_S)


def _use_the_reference_engine(lab: Lab) -> None:
    lab.open("/test")
    _choose(lab, "Engine", "transformers")
    _run(lab)


def _use_a_llama(lab: Lab) -> None:
    lab.open("/test")
    _choose(lab, "Model", LLAMA)
    _run(lab)


def _use_a_t5_to_convert(lab: Lab) -> None:
    lab.open("/test")
    _choose_task(lab, Task.SUMMARIZATION)
    _choose(lab, "Model", T5)
    _run(lab)


def _ask_for_too_large_a_model(lab: Lab) -> None:
    lab.open("/test")
    _choose(lab, "Model", TOO_LARGE)
    lab.page.get_by_text("of memory; models may take").first.wait_for()


# What is done, in this order, and the most megabytes that may take. Converting has no bar: it loads
# torch a second time, in a process that is the first to go when memory runs out, and then
# transformers answers.
_VISITS: dict[str, tuple[Callable[[Lab], None], float | None]] = {
    "starters": (_use_every_starter, 900),
    "and the reference engine": (_use_the_reference_engine, 900),
    "and a LLaMA of 135M": (_use_a_llama, 900),
    "and a model too large": (_ask_for_too_large_a_model, 900),
    "and a T5 of 60M to convert": (_use_a_t5_to_convert, None),
}


def _run(lab: Lab) -> None:
    lab.press_and_wait("Run", timeout_s=_SLOW_S)
    output = lab.page.locator(".st-key-test-output")
    output.get_by_text("Time to first token", exact=True).wait_for()


def _choose_task(lab: Lab, task: Task) -> None:
    lab.page.get_by_role("radio", name=TASKS[task].label, exact=True).click()
    lab.settle()


def _choose(lab: Lab, field: str, option: str) -> None:
    lab.page.get_by_label(field, exact=True).first.click()
    lab.page.get_by_role("option").filter(has_text=option).first.click()
    lab.settle()
