"""Opens the lab in a real Chromium, in the words of a visitor.

It uses the Chromium of this machine: Playwright's own download is not needed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

HOW_TO_GET_A_BROWSER = (
    "No Chromium or Chrome found: install one (on Debian: apt install chromium) "
    "or set CHROME to the path of yours."
)
MENU = ".st-key-menu"
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
LAPTOP: Mapping[str, Any] = {"viewport": {"width": 1280, "height": 800}}
# The lab has a layout of its own for phones, and knows one by what its browser says it is.
PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36",
    "is_mobile": True,
    "has_touch": True,
}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_ERROR_DIALOG = re.compile("page not found|connection error|script .*error|bad message", re.I)
# An icon is drawn by a font, so its name would be read as part of the title.
_TITLES_AND_ADDRESSES = """links => links.map(link => {
    const label = link.cloneNode(true);
    label.querySelectorAll('[data-testid="stIconMaterial"]').forEach(icon => icon.remove());
    return [label.textContent.trim(), new URL(link.href).pathname];
})"""
_LENGTHS = """ids => ids.map(
    id => document.querySelector(`[data-testid="${id}"]`)?.scrollHeight ?? 0
)"""
_TIMEOUT_MS = 60_000
# A click reaches the server, and the page says "running", a moment later.
_ROUND_TRIP_MS = 150


class ShownError(AssertionError):
    """The lab showed an error to its visitor, or wrote one to the browser's console."""


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome: what `CHROME` names, or the first on the PATH."""
    return os.environ.get("CHROME") or next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless browser until the block ends.

    Raises:
        RuntimeError: there is none on this machine.
    """
    path = find_chromium()
    if path is None:
        raise RuntimeError(HOW_TO_GET_A_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            # A busy machine is slow, which is no failure.
            expect.set_options(timeout=_TIMEOUT_MS)
            yield browser
        finally:
            browser.close()


class Lab:
    """A visitor's tab on the lab that is served at `url`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._console: list[str] = []
        page.set_default_timeout(_TIMEOUT_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._console.append(str(error)))

    def open(self, path: str = "/") -> Page:
        """Go to the address `path` and wait until the lab has drawn it."""
        self.page.goto(f"{self.url}/{path.lstrip('/')}")
        self.wait_until_idle()
        return self.page

    def click(self, name: str, *, exact: bool = False) -> None:
        """Press the button `name` and wait until the lab has answered."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def press_and_wait(self, name: str, *, timeout_s: float = 120) -> None:
        """Press the button `name` of a task and wait until there is nothing more to stop."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle(timeout_s=timeout_s)
        stop = self.page.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_disabled(timeout=timeout_s * 1000)

    def settle(self, *, timeout_s: float = _TIMEOUT_MS / 1000) -> None:
        """Wait for the lab's answer to what was just done."""
        self.page.wait_for_timeout(_ROUND_TRIP_MS)
        self.wait_until_idle(timeout_s=timeout_s)

    def wait_until_idle(self, *, timeout_s: float = _TIMEOUT_MS / 1000) -> None:
        """Wait until the lab has drawn everything that it was asked for."""
        self.page.wait_for_selector(IDLE, timeout=timeout_s * 1000)

    def main(self) -> Locator:
        """Return the page without the menu and the steps, which may hold the same words."""
        return self.page.get_by_test_id("stMain")

    def heading(self) -> Locator:
        """Return the main heading of the page."""
        return self.page.get_by_role("heading", level=1).first

    def navigation(self) -> dict[str, str]:
        """Return the address of each page in the menu of a laptop by its title, in order."""
        links = self.page.get_by_test_id("stSidebar").get_by_test_id("stPageLink-NavLink")
        expect(links.first).to_be_attached()
        return dict(links.evaluate_all(_TITLES_AND_ADDRESSES))

    def turn_to(self, title: str) -> None:
        """Turn to the page `title` by the menu, unfolding the section that it is in."""
        menu = self.page.locator(MENU)
        expect(menu.get_by_test_id("stPageLink-NavLink").filter(has_text=title)).not_to_have_count(
            0
        )
        # What folds away is still to be seen for a moment, but can no longer be clicked.
        section = menu.get_by_test_id("stExpander").filter(has_text=title)
        folded = section.filter(has=self.page.locator("[inert]"))
        if folded.count():
            folded.locator("summary").click()
        menu.get_by_role("link", name=title).click()
        self.settle()

    def expect_no_error(self) -> None:
        """Hold that nothing on the screen or in the browser's console tells of an error.

        Raises:
            ShownError: says what was shown.
        """
        dialogs = self.page.get_by_role("dialog").filter(has_text=_ERROR_DIALOG)
        exceptions = self.page.get_by_test_id("stException")
        shown = [*exceptions.all_inner_texts(), *dialogs.all_inner_texts(), *self._console]
        if shown:
            raise ShownError("\n".join(shown))

    def screenshot(self, path: Path) -> None:
        """Save a picture of the screen, as long as the page is."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Streamlit scrolls inside a box of its own, so the window grows until the box need not.
        size = self.page.viewport_size or {"width": 1280, "height": 800}
        lengths = self.page.evaluate(_LENGTHS, ["stMain", "stSidebarContent"])
        self.page.set_viewport_size({**size, "height": max(size["height"], *lengths)})
        self.page.wait_for_timeout(_ROUND_TRIP_MS)
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def _note(self, message: ConsoleMessage) -> None:
        # On a deep link Streamlit's own front end looks for its server in two places, one in vain.
        source = message.location["url"]
        if message.type == "error" and "/_stcore/" not in source:
            self._console.append(f"{message.text} ({source})")
