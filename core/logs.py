"""What happens in the lab, one JSON object a line, for whoever runs it.

Only figures and names of models are written: never a prompt, an output, or who asked.
"""

from __future__ import annotations

import logging
from typing import Any

from core.once import Once

_LOG = logging.getLogger("open_model_lab")


@Once
def write_logs() -> None:
    """Begin writing to the standard error stream, once a process."""
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter("{asctime}{levelname}{message}", style="{"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    # Streamlit's own handler would write each line a second time.
    _LOG.propagate = False


def log(event: str, **fields: Any) -> None:
    """Write that `event` happened, with its figures."""
    _LOG.info(event, extra=fields)


def log_problem(event: str, **fields: Any) -> None:
    """Write that `event` went wrong, with what is known of it."""
    _LOG.warning(event, extra=fields)
