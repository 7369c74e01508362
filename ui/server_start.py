"""What the server does once, before its first visitor.

`streamlit run Home.py` imports Home.py when it finds an `st.App` in it, and that import is the one
moment before the first visit at which code of ours runs.
"""

from __future__ import annotations

import inspect
import logging
import threading
from contextlib import suppress

import streamlit as st

from core.errors import LabError

_STORE_AFTER_S = 4.0
_BARE_MODE_LOG = "streamlit.runtime.scriptrunner_utils.script_run_context"


def prefer_navigation_to_pages_folder() -> None:
    """Spare the first visitor of a cold server a "Page not found" over a deep link.

    Until `st.navigation` has run once in the process, Streamlit takes each file of a `pages/`
    folder beside the main script for a page, knows none of our addresses, and says so in a dialog.
    One call outside of any visit ends that. It draws nothing and would warn that it draws nothing.
    """
    log = logging.getLogger(_BARE_MODE_LOG)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        st.navigation([_no_page])
    finally:
        log.setLevel(level)


def load_home_in_background() -> None:
    """Load what Home stands on while the first visitor's browser is still loading itself."""
    threading.Thread(target=_load_home, name="load-home", daemon=True).start()


def _load_home() -> None:
    import PIL.Image  # noqa: F401 - for the icon of the page

    import ui.home  # noqa: F401
    from core.catalogue import catalogue
    from core.lessons import all_exercises
    from core.logs import write_logs
    from core.progress import progress
    from core.storage.saving import saver
    from core.work.work import Work

    write_logs()
    with suppress(LabError):  # Home itself says it, to people
        catalogue()
        progress(all_exercises(), Work())
    # Streamlit's first element of all looks for the module of each caller, which goes through every
    # file of every library once; what it finds is remembered.
    inspect.stack()
    # Home needs no store, and opening it would hold Home up.
    later = threading.Timer(_STORE_AFTER_S, saver().prepare)
    later.daemon = True
    later.start()


def _no_page() -> None:
    """Stand in for a page, since `st.navigation` wants one."""
