"""Greedy decoding of many requests in one batch, each with its own length, end and Stop.

It knows tokens by their ids, and nothing of text.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from core.inference.batching import Batcher
from core.inference.engines.converted_model import ModelFacts

_CLOSING_S = 10


@dataclass(eq=False)
class Answer:
    """What is asked, `prompt` in token ids and at most `limit` new ones, and what came of it.

    `place` is how many tokens this try has given, `known` how many were told, also by a try before
    it that failed. `tokens` ends with None, or with the error that ended it.
    """

    prompt: Sequence[int]
    limit: int
    ignore_end: bool
    cancelled: Callable[[], bool]
    place: int = 0
    known: int = 0
    ended: bool = False
    tokens: queue.SimpleQueue[int | BaseException | None] = field(default_factory=queue.SimpleQueue)

    def end(self, future: Future[None]) -> None:
        """Tell whoever reads the tokens that no more will come, and why."""
        self.tokens.put(None if future.cancelled() else future.exception())


class Decoding:
    """Answers from many threads through one model of CTranslate2."""

    def __init__(
        self, pool: Any, facts: ModelFacts, vocabulary: list[str], *, workers: int
    ) -> None:
        self._pool = pool
        self._encodes = facts.encodes
        self._rules = facts.rules
        self._vocabulary = vocabulary
        self._closing = False
        self._batcher: Batcher[Answer] = Batcher(self._compute, workers=workers)

    def tokens(self, answer: Answer) -> Iterator[int]:
        """Yield the new tokens of `answer` as they come, until its end or its Stop."""
        future = self._batcher.submit(answer, self._key(answer))
        future.add_done_callback(answer.end)
        try:
            while True:
                try:
                    token = answer.tokens.get(timeout=0.1)
                except queue.Empty:
                    # Between two tokens nobody else would see it: in line, or in a long prompt.
                    if answer.cancelled():
                        return
                    continue
                if token is None:
                    return
                if isinstance(token, BaseException):
                    raise token
                yield token
        finally:
            # Also when whoever asked failed: nobody reads what would still come.
            answer.ended = True
            future.cancel()

    def close(self) -> None:
        """Stop what computes and give the model's memory back."""
        self._closing = True
        self._batcher.close(timeout_s=_CLOSING_S)
        self._pool = None

    def _key(self, answer: Answer) -> Hashable:
        """Return what answers of one batch must share."""
        # The least length holds for a batch; the most is each answer's own.
        least = answer.limit if answer.ignore_end else None
        # The library reads a longer prompt token by token from where the shortest one ends.
        return least, None if self._encodes else len(answer.prompt).bit_length()

    def _compute(self, batch: Sequence[Answer]) -> None:
        # Not even a prompt is read for those who left; an answer that ended before its batch failed
        # is complete.
        batch = [answer for answer in batch if not (answer.ended or answer.cancelled())]
        if not batch:
            return
        for answer in batch:
            answer.place = 0
        prompts = [[self._vocabulary[token] for token in answer.prompt] for answer in batch]
        longest = max(answer.limit for answer in batch)
        options: dict[str, Any] = {
            "beam_size": 1,
            "end_token": list(self._rules.ends),
            "suppress_sequences": self._suppressed(),
            "no_repeat_ngram_size": self._rules.no_repeat_ngram,
            "callback": lambda step: self._step(batch[step.batch_id], step),
        }
        least = batch[0].limit if batch[0].ignore_end else self._rules.min_length - 1
        if self._encodes:
            self._pool.translate_batch(
                prompts,
                target_prefix=self._first(len(batch)),
                max_input_length=0,  # cut already
                max_decoding_length=longest,
                min_decoding_length=max(0, min(least, longest)),
                **options,
            )
        else:
            self._pool.generate_batch(
                prompts,
                include_prompt_in_result=False,
                max_length=longest,
                min_length=max(0, min(least, longest)),
                **options,
            )

    def _step(self, answer: Answer, step: Any) -> bool:
        """Hand a token on; tell whether this answer has enough."""
        if answer.ended or answer.cancelled() or self._closing:
            return True
        # The library's own steps count what it still had to read of a longer prompt.
        answer.place += 1
        last = answer.place >= answer.limit
        if answer.place > answer.known:
            answer.known += 1
            forced = last and self._rules.last is not None
            answer.tokens.put(self._rules.last if forced else step.token_id)
        if last or step.is_last:
            # Others of the batch may go on for long.
            answer.ended = True
            answer.tokens.put(None)
        return last

    def _suppressed(self) -> list[list[str]] | None:
        # What a converted vocabulary lacks cannot be written anyway.
        known = [token for token in self._rules.suppressed if token < len(self._vocabulary)]
        return [[self._vocabulary[token]] for token in known] or None

    def _first(self, answers: int) -> list[list[str]] | None:
        if self._rules.first is None:
            return None
        return [[self._vocabulary[self._rules.first]]] * answers
