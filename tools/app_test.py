"""Streamlit's test session, made to run pages as the lab's server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from streamlit.runtime.pages_manager import PagesManager


@contextmanager
def pages_below_home() -> Iterator[None]:
    """Until the block ends, have `AppTest` run Home.py before each page.

    It takes every file of a `pages/` folder for a page that stands alone, from the second run on,
    and so leaves out what Home.py draws around it. The server is told otherwise when it starts
    (`ui/server_start.py`).
    """
    begin = PagesManager.__init__

    def begin_with_navigation(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    with patch.object(PagesManager, "__init__", begin_with_navigation):
        yield
