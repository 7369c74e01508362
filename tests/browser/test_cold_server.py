"""The very first visitor of a server that has just started."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tools.browsing import Lab


# A lesson shares its script with the others; the glossary lies right in `pages/`, where Streamlit
# used to look for pages; a task lies in a folder of it.
@pytest.mark.parametrize(
    ("address", "heading"), [("/lesson-2", "famil"), ("/glossary", "lossary"), ("/test", "est")]
)
def test_the_first_visitor_may_come_by_a_deep_link(
    cold_lab: Callable[..., Lab], address: str, heading: str
) -> None:
    lab = cold_lab()
    page = lab.open(address)
    expect(lab.heading()).to_contain_text(heading)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert urlsplit(page.url).path == address
    assert address in lab.navigation().values()
    lab.expect_no_error()
