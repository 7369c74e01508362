"""Photographs every page of the lab, light and dark, on a laptop, a projector and a phone.

`python -m tools.screenshots [WORD …]` writes build/screenshots/<page>-<theme>-<width>.png, for all
pages or for those whose address contains one of the words. A task is photographed twice: as it is
found, and as <page>-done once its button was pressed. Exits with 1 if a page shows an error.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser

from tools.browsing import LAPTOP, PHONE, Lab, ShownError, chromium
from tools.serving import ROOT, served

PICTURES = ROOT / "build" / "screenshots"
PROJECTOR: Mapping[str, Any] = {"viewport": {"width": 1920, "height": 1080}}
SCREENS = (LAPTOP, PROJECTOR, PHONE)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BUTTONS = {"/test": "Run", "/compare": "Compare", "/finetune": "Train"}


def main(words: list[str]) -> int:
    """Start the lab, visit its pages and save a picture of each."""
    errors = 0
    with (
        tempfile.TemporaryDirectory() as place,
        served(Path(place) / "lab") as server,
        chromium() as browser,
    ):
        addresses = [
            address
            for address in _addresses(browser, server.url)
            if not words or any(word in address for word in words)
        ]
        for theme in THEMES:
            for screen in SCREENS:
                context = browser.new_context(**screen, color_scheme=theme)
                suffix = f"{theme}-{screen['viewport']['width']}.png"
                for address in addresses:
                    lab = Lab(context.new_page(), server.url)
                    errors += _photograph(lab, address, suffix)
                context.close()
    return 1 if errors else 0


def _addresses(browser: Browser, url: str) -> list[str]:
    lab = Lab(browser.new_page(), url)
    lab.open("/")
    return list(lab.navigation().values())


def _photograph(lab: Lab, address: str, suffix: str) -> bool:
    """Save pictures of the page at `address`; return whether it shows an error."""
    name = address.strip("/") or "home"
    lab.open(address)
    _save(lab, f"{name}-{suffix}")
    if address in BUTTONS:
        lab.press_and_wait(BUTTONS[address])
        _save(lab, f"{name}-done-{suffix}")
    try:
        lab.expect_no_error()
    except ShownError as error:
        print(f"  shows an error: {error}")
        return True
    finally:
        lab.page.close()
    return False


def _save(lab: Lab, name: str) -> None:
    lab.page.wait_for_timeout(500)  # charts and diagrams are drawn by the browser, afterwards
    lab.screenshot(PICTURES / name)
    print((PICTURES / name).relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
