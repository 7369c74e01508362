"""What holds on every page of the navigation, whatever the page is about.

Opening a page takes a second or more, so each is opened once on a laptop and once on a phone, and
looked at from all sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tools.browsing import LAPTOP, PHONE, Lab, ShownError
from tools.serving import Served

# A phone's browser makes room for what is too wide by showing everything smaller.
OVERFLOW = """main => Math.max(
    main.scrollWidth - main.clientWidth, window.innerWidth - window.screen.width
)"""


@dataclass(frozen=True)
class Sight:
    """What a visitor, and the browser, saw of the page at `address`."""

    address: str
    heading: str
    dialogs: int
    error: str
    overflow_px: int
    hosts: frozenset[str]


@pytest.fixture(scope="module")
def sights(browser: Browser, lab_server: Served) -> list[Sight]:
    """Every page of the menu, opened by its address."""
    lab = Lab(browser.new_page(**LAPTOP), lab_server.url)
    lab.open("/")
    seen = [_look_at(lab, address) for address in lab.navigation().values()]
    lab.page.close()
    return seen


@pytest.fixture(scope="module")
def sights_on_phone(browser: Browser, lab_server: Served, sights: list[Sight]) -> list[Sight]:
    """The same pages in the layout that phones get."""
    lab = Lab(browser.new_page(**PHONE), lab_server.url)
    seen = [_look_at(lab, sight.address) for sight in sights]
    lab.page.close()
    return seen


def test_every_page_opens_by_its_address(sights: list[Sight]) -> None:
    assert len(sights) > 1
    assert [sight for sight in sights if not sight.heading or sight.dialogs] == []


def test_no_page_shows_an_error(sights: list[Sight], sights_on_phone: list[Sight]) -> None:
    assert [sight for sight in (*sights, *sights_on_phone) if sight.error] == []


def test_every_page_fits_a_laptop_and_a_phone(
    sights: list[Sight], sights_on_phone: list[Sight]
) -> None:
    assert [sight for sight in (*sights, *sights_on_phone) if sight.overflow_px > 0] == []


def test_no_page_asks_the_internet_for_anything(sights: list[Sight]) -> None:
    hosts = frozenset().union(*(sight.hosts for sight in sights))
    assert hosts <= {"127.0.0.1", ""}  # addresses of data: and blob: name no host


def _look_at(lab: Lab, address: str) -> Sight:
    page, hosts = lab.page, set[str]()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    lab.open(address)
    lab.heading().wait_for()
    error = ""
    try:
        lab.expect_no_error()
    except ShownError as shown:
        error = str(shown)
    return Sight(
        address=address,
        heading=lab.heading().inner_text(),
        dialogs=page.get_by_role("dialog").count(),
        error=error,
        overflow_px=lab.main().evaluate(OVERFLOW),
        hosts=frozenset(hosts),
    )
