"""What Task 1 adds to asking the Hub: against the bare client, and when a page is drawn again.

The Hub is the tests' own on loopback, so what is measured is this program alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from benchmarks.registry import Measurement, benchmark
from tests.loopback_hub import point_at
from tests.loopback_starters import serve_starters
from tools.serving import HOME_PAGE

ROUNDS = 40
MODEL = "open-model-lab/gpt2-stories"
TASK = "text-generation"


@benchmark
def first_results() -> Iterator[Measurement]:
    """A search that nobody asked before, in turns with the client's own call: medians."""
    from huggingface_hub import HfApi

    from core.catalogue import catalogue
    from core.explore.search import forget_answers, search
    from core.explore.types import PAGE_SIZE, Query

    def bare() -> None:
        list(HfApi(token=False).list_models(pipeline_tag=TASK, limit=PAGE_SIZE + 1, full=True))

    def ours() -> None:
        forget_answers()
        if not search(Query(task=TASK), entries=catalogue().entries).hub.found:
            raise RuntimeError("The search found nothing.")

    with _hub():
        times = _in_turns(bare, ours)
    plain, lab = (median(each) * 1000 for each in times)
    yield Measurement(
        "explore.first_results",
        lab,
        "ms",
        "lower",
        against="huggingface_hub's list_models",
        ratio=lab / plain,
        bar=1.2,
    )


@benchmark
def cached_card() -> Iterator[Measurement]:
    """Open a model's card that is in memory: the whole page runs, from Home.py on."""
    from streamlit.testing.v1 import AppTest

    with _hub():
        session = AppTest.from_file(str(HOME_PAGE), default_timeout=60).run()
        session.switch_page("pages/tasks/explore.py")
        session.query_params["model"] = MODEL
        session.session_state[f"explore.parts.{MODEL}"] = "Its card"
        session.run()
        if session.exception or not session.get("html"):
            raise RuntimeError("The card is not on the page.")
        (times,) = _in_turns(lambda: session.run())
    yield Measurement("explore.cached_card", median(times) * 1000, "ms", "lower", bar=100)


@contextmanager
def _hub() -> Iterator[None]:
    with (
        tempfile.TemporaryDirectory() as place,
        serve_starters() as hub,
        pytest.MonkeyPatch.context() as patch,
    ):
        point_at(hub.url, Path(place), patch)
        yield


def _in_turns(*ways: Callable[[], object]) -> tuple[list[float], ...]:
    """Return the seconds of each way, done `ROUNDS` times in turns after twice for nothing."""
    times: tuple[list[float], ...] = tuple([] for _ in ways)
    for number in range(ROUNDS + 2):
        for way, kept in zip(ways, times, strict=True):
            started = time.perf_counter()
            way()
            if number >= 2:
                kept.append(time.perf_counter() - started)
    return times
