"""What a learner is told while the store cannot be used."""

from __future__ import annotations

from core.errors import LabError, StoreError


def not_saved(count: int, reason: LabError) -> StoreError:
    """Say that the last `count` entries wait in memory."""
    what, they = ("entry is", "It is") if count == 1 else (f"{count:,} entries are", "They are")
    return StoreError(
        f"Your last {what} only in the lab's memory and not saved yet. {reason.message}",
        next_step=f"Go on working: {they.lower()} saved as soon as this is over. To be safe, "
        f"download your work before you leave. {reason.next_step}".rstrip(),
    )


def not_kept(reason: LabError | None) -> StoreError:
    """Say that an entry is in no memory and no store, since the room for what waits is taken."""
    return StoreError(
        "Your last entry is not kept: more waits to be saved than the lab can hold."
        + (f" {reason.message}" if reason else ""),
        next_step="Download your work now, and do the last thing again once the lab saves. "
        f"{reason.next_step if reason else ''}".rstrip(),
    )


def not_shown(reason: LabError) -> StoreError:
    """Say that earlier work cannot be read."""
    return StoreError(
        f"What you did before cannot be shown now. {reason.message}",
        next_step="It comes back as soon as this is over; the lab keeps trying. "
        f"{reason.next_step}".rstrip(),
    )


def not_deleted(reason: LabError) -> StoreError:
    """Say that what was saved is still there."""
    return StoreError(
        f"Your saved work could not be deleted. {reason.message}",
        next_step="Try again in a minute. What was not saved yet is gone. "
        f"{reason.next_step}".rstrip(),
    )
