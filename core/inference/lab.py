"""The lab itself: takes a request, chooses what answers it, finds or loads that, and answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from core.catalogue import Catalogue, ModelEntry, catalogue, within_budget
from core.errors import (
    RefusedModelError,
    UnsupportedTaskError,
)
from core.explore.got import got_before
from core.hub_gguf import find_quantised
from core.inference.arenas import share_arenas
from core.inference.cores import Cores
from core.inference.fallback import Fallback, log_unforeseen
from core.inference.inputs import clean_input
from core.inference.journal import Journal
from core.inference.lane import LaneStatus
from core.inference.lent import Lent
from core.inference.loading import load, prepare
from core.inference.pool import Lease, ModelPool
from core.inference.scheduler import Reroute, Scheduler
from core.inference.ticket import State, Ticket
from core.inference.types import Engine, LoadedModel, Provenance, Request, Result, Task
from core.inference.variants import (
    Variant,
    memory_bytes,
    revision_of,
    variants_of,
)
from core.measuring import Stopwatch
from core.once import Once
from core.quantised import GgufVariant
from core.settings import Settings, settings

Cancelled = Callable[[], bool]


class Lab:
    """Answers requests with the models of a catalogue, within the limits of this machine."""

    def __init__(self, models: Catalogue, limits: Settings) -> None:
        self.catalogue = models
        self.settings = limits
        self.pool = ModelPool(budget_bytes=limits.memory_budget_bytes)
        self._offering = threading.Lock()
        self._lent = Lent()
        self._cores = Cores()
        self._versions: dict[Engine, tuple[tuple[str, str], ...]] = {}
        self.journal = Journal()
        self._fallback = Fallback(self.journal)
        self._scheduler = Scheduler(self._answer, on_end=self.journal.run_ended)

    def submit(self, request: Request) -> Ticket:
        """Check `request`, put it in line and return its ticket at once.

        Raises:
            BadInputError: there is no usable text.
            UnknownModelError, UnsupportedTaskError, RefusedModelError: the model will not do.
            BusyError: too many requests are waiting; it tells when to try again.
        """
        entry = self.find(request.task, request.model_id, learner=request.learner)
        clean_input(request.inputs)
        lane = self._fallback.choose(entry, request).key
        return self._scheduler.submit(replace(request, model_id=entry.id), lane=lane)

    def run(self, request: Request) -> Result:
        """Answer `request` and wait for the result; raises as `submit` does."""
        return self.submit(request).result()

    def count_tokens(self, request: Request) -> int:
        """Return how many tokens of `request.inputs` its model would read; raises as `submit`."""
        entry = self.find(request.task, request.model_id, learner=request.learner)
        text, _ = clean_input(request.inputs)
        variant = self._fallback.choose(entry, request)
        try:
            return self._count(variant, request, text)
        # Whatever it was, `instead_of` raises it unless another engine can do the same.
        except Exception as error:  # noqa: BLE001
            return self._count(self._fallback.instead_of(variant, error), request, text)

    def lend(self, learner: str, entries: Iterable[ModelEntry]) -> None:
        """Let `learner` alone use `entries` as well, in place of what was lent before.

        Their ids must differ from those of all models, also of those lent to others: they name
        models in memory.
        """
        self._lent.lend(learner, (within_budget(entry, self.settings) for entry in entries))

    def catalogue_for(self, learner: str) -> Catalogue:
        """Return the catalogue with what is lent to `learner`, in front."""
        own = self._lent.to(learner)
        return Catalogue((*own, *self.catalogue.entries)) if own else self.catalogue

    def find(self, task: Task, model_id: str, *, learner: str = "") -> ModelEntry:
        """Return the model of that id or alias, which can do `task` here for `learner`.

        Raises:
            UnknownModelError, UnsupportedTaskError, RefusedModelError: the model will not do.
        """
        entry = self.catalogue_for(learner).find(model_id)
        if entry.source == "trained" and (entry.path is None or not entry.path.is_dir()):
            raise RefusedModelError(
                f"Your model {entry.id} is no longer kept.",
                next_step="Train it again in Task 4, or choose another model.",
            )
        if not entry.usable:
            raise RefusedModelError(entry.refusal)
        if task not in entry.tasks:
            able = ", ".join(entry.tasks)
            raise UnsupportedTaskError(
                f"{entry.id} does not do {task}.", next_step=f"It does {able}."
            )
        return entry

    def find_quantised(
        self, model_id: str, *, cancelled: Cancelled = lambda: False
    ) -> tuple[GgufVariant, ...]:
        """Ask the Hub for quantised versions of `model_id`, and offer those that fit here.

        Raises:
            UnknownModelError: there is no such model.
            HubError: the Hub cannot be reached.
        """
        entry = self.catalogue.find(model_id)
        found = find_quantised(entry.id, cancelled=cancelled)
        if not found:
            return ()
        with self._offering:
            # What was too large in 32 bits may fit in four.
            fresh = replace(self.catalogue.find(model_id), gguf=found, refusal="")
            fitting = within_budget(fresh, self.settings)
            self.catalogue = self.catalogue.with_entry(fitting)
        return fitting.gguf

    def take_in(self, entry: ModelEntry) -> ModelEntry:
        """Offer `entry`, a Hub model whose files are here, and return it as it is offered.

        What was known of a model of its id, other names and quantised versions, stays.

        Raises:
            RefusedModelError: the id is that of a starter or a folder, or it does not fit here.
        """
        with self._offering:
            known = next((one for one in self.catalogue.entries if one.id == entry.id), None)
            if entry.source != "hub" or (known is not None and known.source != "hub"):
                raise RefusedModelError(
                    f"This lab has another model called {entry.id}.",
                    next_step="Choose another model.",
                )
            if known is not None:
                summary = known.summary or entry.summary
                entry = replace(entry, aliases=known.aliases, gguf=known.gguf, summary=summary)
            offered = within_budget(entry, self.settings)
            if offered.refusal:
                raise RefusedModelError(offered.refusal)
            self.catalogue = self.catalogue.with_entry(offered)
        return offered

    def lanes(self) -> tuple[LaneStatus, ...]:
        """Return where each line of requests stands."""
        return self._scheduler.snapshot()

    def warm_up(self, variants: Iterable[Variant]) -> None:
        """Load `variants` ahead of their first use; what cannot be loaded goes to the journal."""
        for variant in variants:
            try:
                with self._lease(variant, Stopwatch(), lambda _: None, lambda: False):
                    pass
            # One that fails, in whatever way, must not keep the others from being loaded.
            except Exception as error:  # noqa: BLE001
                log_unforeseen(variant, error)
                self.journal.problem(variant.key, error)

    def _answer(self, ticket: Ticket) -> Result:
        request = ticket.request
        entry = self.find(request.task, request.model_id, learner=request.learner)
        variant = next(known for known in variants_of(entry) if known.key == ticket.lane)
        try:
            return self._compute(variant, ticket)
        except Exception as error:
            if ticket.cancelled():
                raise
            raise Reroute(self._fallback.instead_of(variant, error).key) from error

    def _compute(self, variant: Variant, ticket: Ticket) -> Result:
        request, watch = ticket.request, ticket.stopwatch
        text, notices = clean_input(request.inputs)
        ticket.move(State.LOADING)
        with self._lease(variant, watch, ticket.report_download, ticket.cancelled) as lease:
            model = lease.model
            self._scheduler.widen(variant.key, model.width)
            ticket.move(State.QUEUED)
            with self._cores.turn(variant.key, model.threads, ticket.cancelled):
                watch.computing()
                ticket.move(State.RUNNING)
                prompt = model.read(request.task, text, request.config)
                model.generate(prompt, request.config, emit=ticket.add, cancelled=ticket.cancelled)
                timing = watch.timing()
            return Result(
                output=ticket.text,
                tokens_in=len(prompt.ids),
                tokens_out=ticket.tokens,
                timing=timing,
                provenance=self._provenance(variant, model),
                notices=(*self._fallback.notices(variant, request), *notices, *prompt.notices),
                stopped=ticket.cancelled(),
                choices=ticket.choices,
                fillings=ticket.fillings,
                labels=ticket.labels,
            )

    def _count(self, variant: Variant, request: Request, text: str) -> int:
        with self._lease(variant, Stopwatch(), lambda _: None, lambda: False) as lease:
            return len(lease.model.read(request.task, text, request.config).ids)

    @contextmanager
    def _lease(
        self,
        variant: Variant,
        watch: Stopwatch,
        on_progress: Callable[[float], None],
        cancelled: Cancelled,
    ) -> Iterator[Lease]:
        """Hand out the model of `variant`; `watch` is told what of that is loading it."""
        if variant.key not in self.pool:
            watch.loading()
            prepare(variant, self.settings, on_progress=on_progress, cancelled=cancelled)
            watch.waiting()

        def timed_load() -> LoadedModel:
            watch.loading()
            return load(variant, self.settings, cancelled=cancelled)

        with self.pool.lease(
            variant.key,
            memory_bytes=memory_bytes(variant),
            load=timed_load,
            cancelled=cancelled,
        ) as lease:
            if lease.cold:
                watch.waiting()
            else:
                watch.restart()  # nothing was loaded for this run
            yield lease

    def _provenance(self, variant: Variant, model: LoadedModel) -> Provenance:
        # Read once: looking a version up takes longer than a token of a small model.
        if model.engine not in self._versions:
            self._versions[model.engine] = model.versions
        return Provenance(
            model_id=variant.entry.id,
            revision=revision_of(variant),
            engine=model.engine,
            precision=model.precision,
            device=model.device,
            threads=model.threads,
            versions=self._versions[model.engine],
        )


@Once
def lab() -> Lab:
    """Return the one lab of this process."""
    share_arenas()
    made = Lab(catalogue(), settings())
    for entry in got_before(settings()):
        # It may not fit any more, since its owner grants the lab less.
        with suppress(RefusedModelError):
            made.take_in(entry)
    return made
