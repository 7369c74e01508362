"""Fixtures for journeys through the real lab: served by its own process, seen by Chromium.

Take `lab` (a fresh tab on a server that all tests share) or `cold_lab` (a function that starts a
server for this test alone). Without a browser these tests are skipped, or fail where
OPEN_MODEL_LAB_REQUIRE_BROWSER is set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error

from tools.browsing import HOW_TO_GET_A_BROWSER, LAPTOP, Lab, chromium, find_chromium
from tools.serving import ROOT, Served, served

FAILURES = ROOT / "build" / "failures"
_VISITS = pytest.StashKey[list[tuple[Lab, Served]]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one that needs a browser, and more time than others."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(420))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium for all tests."""
    if find_chromium() is None:
        if os.environ.get("OPEN_MODEL_LAB_REQUIRE_BROWSER"):
            pytest.fail(HOW_TO_GET_A_BROWSER)
        pytest.skip(HOW_TO_GET_A_BROWSER)
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def lab_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One lab for all tests that can share it."""
    with served(tmp_path_factory.mktemp("lab") / "shared") as server:
        yield server


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Lab]]:
    """Open a visitor's own tab, with no cookies of others, on any server."""
    with ExitStack() as stack:

        def start(server: Served, **options: Any) -> Lab:
            context = browser.new_context(**{**LAPTOP, **options})
            stack.callback(context.close)
            lab = Lab(context.new_page(), server.url)
            request.node.stash.setdefault(_VISITS, []).append((lab, server))
            return lab

        yield start


@pytest.fixture
def lab(lab_server: Served, visit: Callable[..., Lab]) -> Lab:
    """A fresh tab on the shared lab; nothing is open in it yet."""
    return visit(lab_server)


@pytest.fixture
def cold_lab(visit: Callable[..., Lab], tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start a server that nobody has visited and open a tab on it."""
    with ExitStack() as stack:

        def start(*, environment: Mapping[str, str] | None = None, **options: Any) -> Lab:
            place = tmp_path / f"cold-{len(list(tmp_path.iterdir()))}"
            return visit(stack.enter_context(served(place, environment=environment, **options)))

        yield start


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the server's log and keep a picture of the screen when a journey fails."""
    report: pytest.TestReport = yield
    if report.failed:
        for number, (lab, server) in enumerate(item.stash.get(_VISITS, [])):
            name = re.sub(r"\W+", "-", f"{item.name}-{number}").strip("-")
            report.sections.append(("the server's log", server.log_tail()))
            try:
                lab.screenshot(FAILURES / f"{name}.png")
                report.sections.append(("the screen", str(FAILURES / f"{name}.png")))
            except Error as problem:  # the tab is gone, which the log will explain
                report.sections.append(("the screen", f"no picture: {problem}"))
    return report
