"""How soon a visitor can use the lab, how quickly pages run again, and what Home keeps in memory.

The browser is real and its cache is empty; the server is a process of its own that nobody has
visited. An empty Streamlit app under the same settings is measured in turns with the lab, so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch

import psutil
from playwright.sync_api import Browser

from benchmarks.registry import Measurement, benchmark
from core.storage.keys import learner_of, new_key
from tests.made_work import some_work
from tools.app_test import pages_below_home
from tools.browsing import Lab, chromium
from tools.serving import HOME_PAGE, served

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

ROUNDS = 5
RECORDS = 500
RERUNS = 15
EMPTY_APP = "an empty Streamlit app"


@dataclass(frozen=True)
class FirstVisit:
    """A cold server's first visitor: until the server answers, until Home is there, and memory."""

    start_s: float
    visit_s: float
    resident_bytes: int


@benchmark
def first_visit() -> Iterator[Measurement]:
    """Open Home on a cold server, in turns with an empty app: medians of the rounds."""
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        empty_app = Path(place) / "empty.py"
        empty_app.write_text("import streamlit as st\n\nst.title('Empty')\n")
        scripts = {"lab": HOME_PAGE, "empty": empty_app}
        visits: dict[str, list[FirstVisit]] = {name: [] for name in scripts}
        for number in range(ROUNDS):
            for name, script in scripts.items():
                visits[name].append(_visit(browser, script, Path(place) / f"{name}-{number}"))

    lab, empty = visits["lab"], visits["empty"]
    yield _seconds("home.first_visit", [v.visit_s for v in lab], [v.visit_s for v in empty], 1.3)
    yield _seconds(
        "home.start_and_first_visit",
        [v.start_s + v.visit_s for v in lab],
        [v.start_s + v.visit_s for v in empty],
        1.3,
    )
    resident, of_empty = (median(v.resident_bytes for v in visit) for visit in (lab, empty))
    yield Measurement(
        "home.resident_memory",
        resident / 1024**2,
        "MiB",
        "lower",
        against=EMPTY_APP,
        ratio=resident / of_empty,
    )


@benchmark
def rerun() -> Iterator[Measurement]:
    """Run each page again with nothing to compute.

    Streamlit's own test session runs the real script from Home.py on; the time until it returns
    includes reading back what was drawn, so a visitor's rerun takes somewhat less.
    """
    with (
        tempfile.TemporaryDirectory() as place,
        chromium() as browser,
        served(Path(place) / "lab") as server,
    ):
        lab = Lab(browser.new_page(), server.url)
        lab.open("/")
        addresses = list(lab.navigation().values())
    for address in addresses:
        yield Measurement(
            f"rerun {address}", median(_reruns(address)) * 1000, "ms", "lower", bar=50
        )


@benchmark
def home_with_work() -> Iterator[Measurement]:
    """Run Home for a learner who has done much: the first time, and again."""
    from streamlit.testing.v1 import AppTest

    from core.storage.saving import saver
    from core.work.json_form import to_record

    key = new_key()
    with tempfile.TemporaryDirectory() as place:
        with patch.dict(os.environ, OPEN_MODEL_LAB_DATA=place):
            saver.cache_clear()
            work = some_work(runs=RECORDS - 60, comparisons=20, trainings=10)
            records = [to_record(done.what) for done in work.done][-RECORDS:]
            saver().save_all(learner_of(key), records)
            session = AppTest.from_file(str(HOME_PAGE), default_timeout=60)
            session.query_params["learner"] = key
            began = time.perf_counter()
            session.run()
            first_s = time.perf_counter() - began
            again = list(_timed_runs(session))
            saver().close()
        saver.cache_clear()
    yield Measurement("home.work.first_run", first_s * 1000, "ms", "lower")
    yield Measurement("home.work.rerun", median(again) * 1000, "ms", "lower", bar=100)


def _visit(browser: Browser, script: Path, place: Path) -> FirstVisit:
    started = time.perf_counter()
    with served(place, script=script) as server:
        healthy = time.perf_counter()
        context = browser.new_context()
        lab = Lab(context.new_page(), server.url)
        before = time.perf_counter()
        lab.open("/")
        lab.heading().wait_for(state="visible")
        ready = time.perf_counter()
        resident = psutil.Process(server.pid).memory_info().rss
        context.close()
    return FirstVisit(healthy - started, ready - before, resident)


def _reruns(address: str) -> Iterator[float]:
    """Yield the seconds of each run of the page at `address`, without the first two.

    Raises:
        RuntimeError: the page shows an error, so its time would mean nothing.
    """
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    with pages_below_home():
        session = AppTest.from_file(str(HOME_PAGE), default_timeout=60).run()
        if address != "/":
            session._page_hash = calc_hash(address.strip("/"))
        session.run()
        if session.exception:
            raise RuntimeError(f"{address} shows an error: {session.exception[0].message}")
        yield from _timed_runs(session)


def _timed_runs(session: AppTest) -> Iterator[float]:
    for _ in range(RERUNS):
        started = time.perf_counter()
        session.run()
        yield time.perf_counter() - started


def _seconds(name: str, lab: list[float], empty: list[float], bar: float) -> Measurement:
    value = median(lab)
    return Measurement(
        name, value, "s", "lower", against=EMPTY_APP, ratio=value / median(empty), bar=bar
    )
