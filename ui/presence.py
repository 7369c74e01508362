"""Whether a visitor is still there: what runs for one who has left makes room for the others."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary, WeakSet

import streamlit as st

from ui.buttons import Stoppable

# A connection that was lost for a moment is back by then.
GRACE_S = 10.0
_PRESENCE = "visit.presence"


_counting = threading.Lock()
_windows: WeakSet[Presence] = WeakSet()


class Presence:
    """Knows what runs for one visitor, and cancels it once nobody looks.

    Any thread may call it: the server tells of a closed page in a thread of its own.
    """

    def __init__(self, *, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._lock = threading.Lock()
        self._pages: WeakKeyDictionary[Stoppable, str | None] = WeakKeyDictionary()
        self._timer: threading.Timer | None = None
        self._left = False
        self.learner = ""
        with _counting:
            _windows.add(self)

    @property
    def here(self) -> bool:
        """Whether the page is open."""
        return not self._left

    def watch(self, run: Stoppable, *, page: str | None) -> None:
        """Cancel `run` when its visitor leaves `page`, or only the lab where it is None."""
        with self._lock:
            self._pages[run] = page

    def turn_to(self, page: str) -> None:
        """Note that `page` is being looked at: what runs for another one is cancelled."""
        with self._lock:
            left = [run for run, own in self._pages.items() if own not in {None, page}]
        for run in left:
            run.cancel()

    def leave(self) -> None:
        """Note that the page was closed: what runs is cancelled unless the visitor comes back."""
        with self._lock:
            self._left = True
            self._timer = threading.Timer(self._grace_s, self.cancel_all)
            self._timer.daemon = True
            self._timer.start()

    def come_back(self) -> None:
        """Note that the visitor is here."""
        with self._lock:
            self._left = False
            if self._timer is not None:
                self._timer.cancel()

    def cancel_all(self) -> None:
        """Cancel all that runs for this visitor."""
        with self._lock:
            runs = list(self._pages)
        for run in runs:
            run.cancel()


# Streamlit drops what is cached for a session when its page is closed, and says so to `on_release`.
@st.cache_resource(scope="session", show_spinner=False, on_release=Presence.leave)
def _here() -> Presence:
    presence: Presence = st.session_state.setdefault(_PRESENCE, Presence())
    presence.come_back()
    return presence


def watch(run: Stoppable, *, page: str | None) -> None:
    """Cancel `run` when this visitor leaves `page`, or only the lab where it is None."""
    _here().watch(run, page=page)


def turn_to(page: str, *, learner: str) -> None:
    """Note that `learner` looks at `page`: what runs for them on other pages is cancelled."""
    _here().learner = learner
    _here().turn_to(page)


def windows_of(learner: str) -> int:
    """Return in how many windows, on whatever machines, the lab is open for `learner` now."""
    with _counting:
        return sum(window.here and window.learner == learner for window in _windows)


def stop_all() -> None:
    """Cancel all that runs for this visitor."""
    _here().cancel_all()
