"""Times of day as the report writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo


@dataclass(frozen=True)
class Clock:
    """Writes times for whoever reads them, in their time zone where it is known."""

    zone: tzinfo = UTC

    def minute(self, seconds: float) -> str:
        """Return the minute of a time in seconds since 1970, "" for one that no calendar has."""
        try:
            when = datetime.fromtimestamp(seconds, self.zone)
        except (ValueError, OverflowError, OSError):
            return ""
        # Months and days without a leading zero, on every system.
        return f"{when.day} {when:%B %Y, %H:%M}"
