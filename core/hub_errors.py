"""What goes wrong between the lab and the Hub, in words that a student understands."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import HubError

_BY_HAND = "ask for the model's folder in the directory that OPEN_MODEL_LAB_MODELS names."


def explain(
    error: Exception, model_id: str, revision: str, *, with_token: bool = False
) -> HubError:
    """Return what `error`, raised while a model was fetched, means and what to do about it.

    `with_token` tells that a visitor's own token was sent. `model_id` is "" when the Hub was
    searched.
    """
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    # The library wraps the refusal of a file in an error of its own.
    answer = next((cause for cause in _causes(error) if isinstance(cause, HfHubHTTPError)), None)
    status = answer.response.status_code if answer else 0
    if with_token and status == 401:
        return HubError(
            "The Hub does not accept your token.",
            next_step="Copy it once more from huggingface.co/settings/tokens, or make a new one "
            "there that may read.",
        )
    if not model_id:
        return _of_search(status)
    if with_token and isinstance(answer, GatedRepoError):
        return HubError(
            f"The Hub knows your token, but its account may not have {model_id} yet.",
            next_step=f"Accept the terms at huggingface.co/{model_id} and wait until its owner "
            "lets you in; the token needs the right to read gated models.",
        )
    if isinstance(answer, GatedRepoError):
        return HubError(
            f"{model_id} is behind a gate: its owner asks you to accept terms first.",
            next_step=f"Choose another model; or accept the terms at huggingface.co/{model_id}, "
            "download it there and put it in the directory that OPEN_MODEL_LAB_MODELS names.",
        )
    if isinstance(answer, RevisionNotFoundError):
        return HubError(
            f"The Hub has {model_id}, but not at revision {revision}.",
            next_step="Choose another model.",
        )
    if isinstance(answer, RepositoryNotFoundError) or status in {401, 403, 404}:
        return HubError(
            f"The Hub has no public model {model_id}.", next_step="Choose another model."
        )
    if status == 429:
        return HubError(
            f"{model_id} was not fetched: the Hub got too many requests from this network.",
            next_step="Try again in a few minutes, or use a starter model.",
        )
    if status >= 500:
        return HubError(
            f"{model_id} was not fetched: the Hub itself is in trouble (error {status}).",
            next_step="Try again later, or use a starter model.",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return HubError(
            f"{model_id} could not be stored on this machine: {error.strerror}.",
            next_step="Use a starter model, and tell whoever runs the lab.",
        )
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return HubError(
            f"The connection broke while {model_id} was fetched.",
            next_step="Run it again: it goes on from where it broke off.",
        )
    return HubError(
        f"{model_id} could not be fetched: the Hub does not answer from here.",
        next_step=f"Use a starter model, or {_BY_HAND}",
    )


def _of_search(status: int) -> HubError:
    if status == 429:
        return HubError(
            "The Hub got too many requests from this network.",
            next_step="Search again in a few minutes.",
        )
    if status >= 500:
        return HubError(
            f"The Hub itself is in trouble (error {status}).", next_step="Search again later."
        )
    if status >= 400:
        return HubError(
            f"The Hub does not accept this search (error {status}).",
            next_step="Search for something else.",
        )
    return HubError(
        "The Hub does not answer from here.",
        next_step="Search again later; if it stays so, tell whoever runs the lab.",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
