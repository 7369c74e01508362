"""Getting a model from the Hub into the running lab: planned, fetched, looked at, taken in.

Who wants a model that somebody is getting already joins in: there is one download, and it goes on
until the last of them has stopped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue

from core.catalogue import ModelEntry
from core.errors import HubError, LabError
from core.explore.got import GotModel, entry_of, remember
from core.explore.planning import Plan, plan
from core.hub import fetch
from core.hub_client import DownloadStopped
from core.hub_token import Token
from core.inference.lab import Lab, lab
from core.jobs import Job
from core.once import Once

Cancelled = Callable[[], bool]

# The speed is that of the last seconds, so that it follows the network.
_SPEED_OVER_S = 5.0


class Step(StrEnum):
    """How far getting a model has come."""

    ASKING = "asking"
    FETCHING = "fetching"
    READY = "ready"


@dataclass(frozen=True)
class Progress:
    """How far a download has come; `entry` is the model in the lab once it is ready.

    `speed` is in bytes a second, None until two moments can be compared.
    """

    step: Step
    done_bytes: int = 0
    total_bytes: int = 0
    speed: float | None = None
    entry: ModelEntry | None = None

    @property
    def share(self) -> float:
        """What part is here, from 0 to 1."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else 0.0

    @property
    def left_s(self) -> float | None:
        """In about how many seconds the rest will be here, None while that cannot be told."""
        return (self.total_bytes - self.done_bytes) / self.speed if self.speed else None


def get(
    planned: Plan,
    into: Lab,
    *,
    cancelled: Cancelled,
    token: Token | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Fetch what is planned, look at it and take it into a lab; it goes on where it was stopped.

    The last progress is READY, unless `cancelled()` became true: then what was fetched stays.

    Raises:
        HubError: the Hub cannot be reached, refuses, or the disk is too full.
        RefusedModelError: what arrived will not do, said in plain words.
    """
    speed = _Speed(clock)
    small_bytes = planned.total_bytes - planned.weights_bytes
    for share in _shares(planned, cancelled, token):
        if isinstance(share, Path):
            offered = _taken_in(share, planned.entry, into)
            total = planned.total_bytes
            yield Progress(Step.READY, total, total, entry=offered)
            return
        # Small files come first, and weights are counted.
        done = round(share * planned.weights_bytes) + (small_bytes if share else 0)
        done = max(done, planned.here_bytes)
        yield Progress(Step.FETCHING, done, planned.total_bytes, speed.at(done))


def _shares(planned: Plan, cancelled: Cancelled, token: Token | None) -> Iterator[float | Path]:
    """Yield the share of the weights that is here while they are fetched, then their folder."""
    told: SimpleQueue[float | Path | Exception] = SimpleQueue()

    def work() -> None:
        try:
            told.put(fetch(planned.entry, on_progress=told.put, cancelled=cancelled, token=token))
        # Nobody waits in this thread: whatever went wrong is raised in the other.
        except Exception as error:  # noqa: BLE001
            told.put(error)

    threading.Thread(target=work, name="getting a model", daemon=True).start()
    while not isinstance(said := told.get(), Exception):
        yield said
        if isinstance(said, Path):
            return
    if not isinstance(said, DownloadStopped):
        raise said


def _taken_in(folder: Path, planned: ModelEntry, into: Lab) -> ModelEntry:
    """Offer a model that was fetched in the lab, as its files say that it is, and remember it."""
    got = GotModel(planned.id, planned.revision, planned.gated)
    offered = into.take_in(entry_of(got, folder))
    try:
        remember(got, into.settings)
    except OSError as error:
        raise HubError(
            f"{got.id} is here, but the lab forgets it when it is started again: its list could "
            f"not be written ({error.strerror}).",
            next_step="Run it in Task 2; and tell whoever runs the lab.",
        ) from error
    return offered


class _Speed:
    """How fast bytes come, over the last seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, done_bytes: int) -> float | None:
        now = self._clock()
        self._seen.append((now, done_bytes))
        while len(self._seen) > 2 and now - self._seen[0][0] > _SPEED_OVER_S:
            self._seen.popleft()
        then, before = self._seen[0]
        return (done_bytes - before) / (now - then) if now > then and done_bytes > before else None


class Getting:
    """One visitor's part in getting a model: what they see of it, and their Stop."""

    def __init__(self, job: Job[Progress], leave: Callable[[Getting], None]) -> None:
        self._job = job
        self._leave = leave
        self._stopped = threading.Event()

    @property
    def latest(self) -> Progress:
        """How far it has come."""
        return self._job.latest or Progress(Step.ASKING)

    @property
    def error(self) -> Exception | None:
        """What went wrong, if it ended that way."""
        stopped = isinstance(self._job.error, DownloadStopped)
        return None if stopped or self.stopped else self._job.error

    @property
    def ended(self) -> bool:
        """Whether nothing more will come for this visitor."""
        return self.stopped or self._job.ended

    @property
    def stopped(self) -> bool:
        """Whether this visitor has stopped it."""
        return self._stopped.is_set()

    def cancel(self) -> None:
        """Leave it to the others; what is fetched for nobody stops."""
        if not self.ended:
            self._stopped.set()
            self._leave(self)

    def follow(self, *, every_s: float = 0.2) -> Iterator[Progress]:
        """Yield the latest progress about every `every_s` until it ends, then once more."""
        for _ in self._job.follow(every_s=every_s):
            yield self.latest
            if self.stopped:
                return


class Downloads:
    """What is being got now, by whom: at most one download of each model."""

    def __init__(self, into: Callable[[], Lab]) -> None:
        self._lab = into
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, str], Job[Progress]] = {}
        self._here: dict[Job[Progress], set[Getting]] = {}

    def get(self, model_id: str, *, revision: str = "main", token: Token | None = None) -> Getting:
        """Begin to get a model, or join who is getting it; returns at once.

        Who brings a token of their own waits for their own answer of the Hub: nobody sees what
        another one's token opens.
        """
        key = (model_id, revision)
        with self._lock:
            self._forget_ended()
            job = self._jobs.get(key) if token is None else None
            if job is None or job.cancelled():
                job = Job(lambda cancelled: self._work(model_id, revision, token, cancelled))
                self._here[job] = set()
                if token is None:
                    self._jobs[key] = job
            getting = Getting(job, lambda one: self._leave(job, one))
            self._here[job].add(getting)
            return getting

    def running(self, model_id: str) -> int:
        """Return how many visitors are getting a model now."""
        with self._lock:
            self._forget_ended()
            jobs = [job for (known, _), job in self._jobs.items() if known == model_id]
            return sum(len(self._here[job]) for job in jobs)

    def _work(
        self, model_id: str, revision: str, token: Token | None, cancelled: Cancelled
    ) -> Iterator[Progress]:
        into = self._lab()
        yield Progress(Step.ASKING)
        planned = plan(
            model_id, revision=revision, token=token, cancelled=cancelled, limits=into.settings
        )
        yield Progress(Step.FETCHING, planned.here_bytes, planned.total_bytes)
        try:
            yield from get(planned, into, token=token, cancelled=cancelled)
        except LabError:
            raise
        # Files can vanish or the disk fill up between two steps.
        except OSError as error:
            raise HubError(
                f"{model_id} could not be stored on this machine: {error.strerror}.",
                next_step="Use a starter model, and tell whoever runs the lab.",
            ) from error

    def _leave(self, job: Job[Progress], getting: Getting) -> None:
        with self._lock:
            left = self._here.get(job, set())
            left.discard(getting)
            if not left:
                job.cancel()

    def _forget_ended(self) -> None:
        self._jobs = {key: job for key, job in self._jobs.items() if not job.ended}
        self._here = {job: who for job, who in self._here.items() if not job.ended}


@Once
def downloads() -> Downloads:
    """Return what is being got in this process."""
    return Downloads(lab)
