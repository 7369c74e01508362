"""Everything that can go wrong in words that a student understands, with the next step."""

from __future__ import annotations


class LabError(Exception):
    """Something expected went wrong; `message` says what, `next_step` what to do about it."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class BadInputError(LabError):
    """The input or a parameter cannot be used as it is."""


class UnknownModelError(LabError):
    """No model of that id is known here."""


class UnsupportedTaskError(LabError):
    """The model cannot do the task."""


class RefusedModelError(LabError):
    """The model is broken, unsafe or too large, and is not loaded."""


class HubError(LabError):
    """The Hub cannot be reached, or does not hand out the model."""


class BusyError(LabError):
    """The lab is at its limits now; `retry_s` tells in about how many seconds to try again."""

    def __init__(self, message: str, *, next_step: str = "", retry_s: float = 30.0) -> None:
        super().__init__(message, next_step=next_step)
        self.retry_s = retry_s


class StoreError(LabError):
    """What learners did cannot be saved now; `readable` tells whether it can still be read."""

    def __init__(self, message: str, *, next_step: str = "", readable: bool = False) -> None:
        super().__init__(message, next_step=next_step)
        self.readable = readable


class ContentError(LabError):
    """A file that people edit, a lesson or the catalogue, is not written as it should be."""
