"""A trained model onto the Hub, with the student's own token, into a repository that is new.

Private unless asked otherwise, and nothing that anybody has there is ever written over.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from core.errors import BadInputError, HubError
from core.explore.hub_answers import check_id
from core.finetuning.package import CARD
from core.finetuning.push_errors import explain_push, taken_name
from core.hub_client import DownloadStopped, asking
from core.hub_token import Token, endpoint_url

_LOOK_S = 0.2
# What the Hub itself puts into a new repository.
_BORN_WITH = {".gitattributes"}

Cancelled = Callable[[], bool]


class Step(StrEnum):
    """How far a push has come."""

    CREATING = "creating"
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True)
class Push:
    """How far a push has come; `repo_id` is the repository once there is one, `url` its page."""

    step: Step
    done_bytes: int = 0
    total_bytes: int = 0
    repo_id: str = ""
    url: str = ""

    @property
    def share(self) -> float:
        """What part of the files is there, from 0 to 1."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else 0.0


def can_push() -> bool:
    """Tell whether this lab may ask the Hub at all: HF_HUB_OFFLINE is its owner's no."""
    from huggingface_hub import constants

    return not constants.HF_HUB_OFFLINE


def check_name(name: str) -> str:
    """Return `name` if the Hub could have a model of that name, with or without an owner.

    Raises:
        BadInputError: it could not.
    """
    try:
        return check_id(name.strip())
    except BadInputError as error:
        raise BadInputError(
            "A repository cannot be called that.",
            next_step="Use letters, digits and single hyphens, as in my-feedback-model; your "
            "account's name and a slash may stand before it. At most 96 characters.",
        ) from error


def push(
    files: Sequence[Path],
    card: str,
    name: str,
    *,
    token: Token,
    private: bool = True,
    cancelled: Cancelled,
) -> Iterator[Push]:
    """Make the repository `name` and send `files` and the card to it, yielding how that goes.

    Without an owner in `name` it is made in the account of `token`. A repository of that name that
    has nothing in it, as after a push that broke off, is filled. The last push is DONE, unless
    `cancelled()` became true: then what was sent stays where it is.

    Raises:
        BadInputError: the name is none.
        HubError: the Hub cannot be reached or refuses, or has something of that name.
    """
    name = check_name(name)
    told: SimpleQueue[Push | Exception | None] = SimpleQueue()

    def work() -> None:
        try:
            sending = _Sending(name, token, private, told.put, cancelled)
            sending.run(files, card)
            told.put(None)
        # Nobody waits in this thread: whatever went wrong is raised in the other.
        except Exception as error:  # noqa: BLE001
            told.put(error)

    yield Push(Step.CREATING)
    threading.Thread(target=work, name="pushing a model", daemon=True).start()
    # The library may sleep for long before it tries again: Stop does not wait for that.
    while not cancelled():
        try:
            said = told.get(timeout=_LOOK_S)
        except Empty:
            continue
        if isinstance(said, Push):
            yield said
            continue
        if isinstance(said, Exception) and not isinstance(said, DownloadStopped):
            raise said
        return


class _Sending:
    """One push at work: the repository it has made, and how many bytes are there."""

    def __init__(
        self,
        name: str,
        token: Token,
        private: bool,
        tell: Callable[[Push], None],
        cancelled: Cancelled,
    ) -> None:
        self._name = name
        self._token = token
        self._private = private
        self._tell = tell
        self._cancelled = cancelled
        self._made = ""

    def run(self, files: Sequence[Path], card: str) -> None:
        try:
            with asking(self._name, "main", self._cancelled, self._token):
                try:
                    self._run(files, card)
                # The library takes what the Hub answers for what it should be.
                except (AttributeError, LookupError, TypeError) as error:
                    raise ValueError("The answer is none of the Hub's.") from error
        except HubError as error:
            raise explain_push(error, self._name, made=self._made) from error

    def _run(self, files: Sequence[Path], card: str) -> None:
        from huggingface_hub import CommitOperationAdd, HfApi

        # Its warnings name the address of an upload, which for a while takes files from anybody.
        logging.getLogger("huggingface_hub.utils._http").setLevel(logging.ERROR)
        api = HfApi(token=self._token.reveal())
        repo_id = self._made = self._create(api)
        url = f"{endpoint_url()}/{repo_id}"
        total = sum(file.stat().st_size for file in files)
        sent: dict[str, int] = {}

        def told(name: str, position: int) -> None:
            if self._cancelled():
                raise DownloadStopped
            sent[name] = position
            self._tell(Push(Step.SENDING, sum(sent.values()), total, repo_id, url))

        with ExitStack() as opened:
            readers = [opened.enter_context(_Reader(file, told)) for file in files]
            added = [
                CommitOperationAdd(file.name, reader)
                for file, reader in zip(files, readers, strict=True)
            ]
            for reader in readers:
                reader.tells = True
            added.append(CommitOperationAdd(CARD, card.encode()))
            self._tell(Push(Step.SENDING, 0, total, repo_id, url))
            try:
                api.create_commit(
                    repo_id, added, commit_message="A model trained in Open Model Lab"
                )
            except RuntimeError as error:
                # So the library wraps what went wrong with one file.
                raise error.__cause__ or error from None
        self._tell(Push(Step.DONE, total, total, repo_id, url))

    def _create(self, api: Any) -> str:
        from huggingface_hub.errors import HfHubHTTPError

        try:
            made = api.create_repo(self._name, private=self._private, exist_ok=False)
            return check_id(made.repo_id)
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
        owner = "" if "/" in self._name else f"{api.whoami()['name']}/"
        there = api.model_info(check_id(f"{owner}{self._name}"))
        empty = {file.rfilename for file in there.siblings or ()} <= _BORN_WITH
        if not empty or there.private is not self._private:
            raise taken_name(self._name)
        return str(there.id)


class _Reader(io.BufferedReader):
    """A file that tells how far it was read, once it is being sent."""

    def __init__(self, file: Path, told: Callable[[str, int], None]) -> None:
        super().__init__(io.FileIO(file))
        self._told = told
        self._file_name = file.name
        self.tells = False

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        if self.tells:
            self._told(self._file_name, self.tell())
        return content
