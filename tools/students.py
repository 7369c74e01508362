"""Students without browsers: they drive the real, served app over Streamlit's agent API.

Each is a session of its own on the server, runs the real page scripts, and sees what they drew as
one JSON document. The API is off in the lab itself; a server for this is started with `OPTIONS`.
"""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

OPTIONS = {
    "STREAMLIT_SERVER_ENABLE_AGENT_API": "true",
    "STREAMLIT_SERVER_AGENT_MAX_SESSIONS": "100",
    "STREAMLIT_SERVER_AGENT_WAIT_TIMEOUT": "120",
}
_PATH = "/_stcore/agent/interact"
_PROMPT, _RUN, _COMPARE = "test.text-generation.prompt", "test.run", "compare.run"
_INPUTS = "compare.translation_en_to_fr.inputs"


@dataclass(frozen=True)
class Step:
    """What one press led to: how long until the page had settled, and what it then said."""

    name: str
    seconds: float
    page: str
    error: str = ""


class Student:
    """One visitor with a marker of its own, which stands in everything it types."""

    def __init__(self, url: str, number: int) -> None:
        self.marker = f"zq{number:02d}x"
        self._number = number
        self._url = url + _PATH
        self._session: str | None = None
        self._random = random.Random(number)

    def work(self, until: float) -> Iterator[Step]:
        """Prompt and compare by turns, thinking in between, until the clock passes `until`."""
        # Not all at the same place in it: some compare at once, however slow the machine is.
        turn = self._number % 3
        while time.monotonic() < until:
            yield from self._prompt(turn)
            if turn % 3 == 2:
                yield from self._compare(turn)
            turn += 1
            time.sleep(self._random.uniform(0.2, 2.0))

    def _prompt(self, turn: int) -> Iterator[Step]:
        self._ask(page="test")
        prompt = f"Once upon a time {self.marker} number {turn}"
        yield self._timed("test", widget_state={_PROMPT: prompt}, trigger={"key": _RUN})

    def _compare(self, turn: int) -> Iterator[Step]:
        self._ask(page="compare")
        inputs = f"How much is the {self.marker} shirt?"
        yield self._timed("compare", widget_state={_INPUTS: inputs}, trigger={"key": _COMPARE})

    def _timed(self, name: str, **request: object) -> Step:
        began = time.monotonic()
        page = self._ask(**request)
        shown = json.dumps(page, ensure_ascii=False)
        return Step(name, time.monotonic() - began, shown, _error_on(page))

    def _ask(self, **request: object) -> dict[str, object]:
        if self._session is not None:
            request["session_id"] = self._session
        call = urllib.request.Request(
            self._url,
            json.dumps(request).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(call, timeout=180) as response:
            page: dict[str, object] = json.load(response)
        self._session = str(page["session_id"])
        return page


def _error_on(node: object) -> str:
    """Return the first error that the page shows, empty when it shows none."""
    if isinstance(node, dict):
        if node.get("type") in {"error", "exception"}:
            return json.dumps(node.get("props"))[:300]
        node = list(node.values())
    if isinstance(node, list):
        return next((found for child in node if (found := _error_on(child))), "")
    return ""
