"""The visitor's time zone, as their browser tells it."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from core.report.clock import Clock


def zone() -> tzinfo:
    """Return the visitor's time zone; UTC where it is not known."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # no such zone, or none of them on this machine
        return UTC


def clock() -> Clock:
    """Return what writes times as this visitor's clock has them."""
    return Clock(zone())
