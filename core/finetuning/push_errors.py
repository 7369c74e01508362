"""What goes wrong while a model is pushed to the Hub, in words that a student understands."""

from __future__ import annotations

from core.errors import HubError
from core.explore.hub_answers import refusal

_SETTINGS = "huggingface.co/settings/tokens"


def taken_name(name: str) -> HubError:
    """Return that somebody has a repository of that name, which is left as it is."""
    return HubError(
        f"There is a model called {name} already, and it was left as it is.",
        next_step="Choose another name.",
    )


def explain_push(error: HubError, name: str, *, made: str = "") -> HubError:
    """Return an error of `core.hub_client.asking`, which speaks of fetching, as one of pushing.

    `made` is the repository that was made before it, if one was.
    """
    status, _ = refusal(error)
    if status == 0 and error.__cause__ is None:
        return error
    message, next_step = _told(status, name, made)
    if made:
        message += f" The repository {made} was made and has no model in it yet."
        next_step += " The same name can be used again."
    return HubError(message, next_step=next_step)


def _told(status: int, name: str, made: str) -> tuple[str, str]:
    if status == 401:
        return (
            "The Hub does not accept your token.",
            f"Copy it once more from {_SETTINGS}, or make a new one there that may write.",
        )
    if status in {403, 404} and not made:
        return (
            f"Your token may not make {name}.",
            f"Make a token at {_SETTINGS} that may write, and name a repository of your own "
            "account.",
        )
    if status in {402, 413, 507}:
        return (
            "The Hub has no room for this model in that account.",
            "Delete something there, or use another account.",
        )
    if status == 429:
        return (
            "The Hub got too many requests from this network or account.",
            "Try again in a few minutes.",
        )
    if status >= 500:
        return f"The Hub itself is in trouble (error {status}).", "Try again later."
    if status:
        return f"The Hub does not take this model (error {status}).", "Try another name."
    return (
        "The Hub does not answer from here, or the connection broke.",
        "Try again later; if it stays so, download the model instead.",
    )
