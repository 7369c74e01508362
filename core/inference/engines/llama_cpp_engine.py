"""The engine llama.cpp: GGUF files, 4 to 16 bits a weight, many requests at once.

It batches by itself: each request is a thread that waits for its pieces. Needs no torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from core.errors import LabError, RefusedModelError
from core.gguf_file import GgufFacts, inspect_gguf
from core.gguf_plan import BATCH_TOKENS, WIDTH, plan_gguf
from core.inference.engines.llama_server import LlamaServer, Piece
from core.inference.engines.llama_threads import ThreadShare
from core.inference.engines.llama_trial import try_apart
from core.inference.reading import read_prompt
from core.inference.room import Room
from core.inference.types import Chunk, Engine, GenerationConfig, Prompt, Task, TokenChoice

# Threads of a small model wait for each other longer than they compute (docs/measuring.md).
_ONE_THREAD_BELOW = 20_000_000
# llama.cpp takes this seed to mean "any".
_RANDOM_SEED = 2**32 - 1


def load(file: Path, *, threads: int) -> LlamaCppModel:
    """Load the GGUF `file` into memory.

    Raises:
        RefusedModelError: it is broken, or of a kind that llama.cpp does not run here.
    """
    facts = inspect_gguf(file)
    try_apart(file)
    return LlamaCppModel(facts, threads=threads)


class LlamaCppModel:
    """A text decoder that answers up to `width` requests at once.

    Its requests share one memory of keys and values: one that finds no room waits until others
    are done. The same seed gives the same text when the model answers nobody else; beside others
    the order of sums differs in the last bit, which can tip a draw that is nearly even.
    """

    engine = Engine.LLAMA_CPP
    device = "cpu"
    width = WIDTH

    def __init__(self, facts: GgufFacts, *, threads: int) -> None:
        plan = plan_gguf(facts)
        self.precision = facts.precision
        self._share = ThreadShare(1 if facts.parameters < _ONE_THREAD_BELOW else threads)
        self.threads = self._share.threads
        self.memory_bytes = plan.memory_bytes
        self._context = plan.context
        self._kv_tokens = plan.kv_tokens
        self._room = Room(plan.kv_tokens)
        try:
            self._server = LlamaServer(
                facts.path,
                kv_tokens=plan.kv_tokens,
                slots=WIDTH,
                batch_tokens=BATCH_TOKENS,
                threads=self.threads,
            )
        except (RuntimeError, LabError) as error:
            raise RefusedModelError(
                f"{facts.path.name} could not be loaded by llama.cpp.",
                next_step="Choose another precision or model, or download this one again.",
            ) from error

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The library that computes, with its version."""
        return (("xllamacpp", version("xllamacpp")),)

    def encode(self, text: str, *, max_tokens: int | None = None) -> list[int]:
        """Return the token ids of `text`, cut at the end to `max_tokens`."""
        return self._server.tokenize(text)[:max_tokens]

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into token ids, cut to the context, and say what was cut.

        Raises:
            BadInputError: the model knows nothing of what the text is written with.
        """
        return read_prompt(self, text, config, context=self._context)

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        *,
        emit: Callable[[Chunk], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Hand each new piece of output to `emit`; return at once when `cancelled()`.

        A character of several tokens comes as one chunk, which tells the choice of its last token.

        Raises:
            LabError: llama.cpp gave up on this request; others are not touched by that.
        """
        new_tokens = max(1, min(config.max_new_tokens, self._context - len(prompt.ids)))
        needed = min(len(prompt.ids) + new_tokens, self._kv_tokens)
        if cancelled() or not self._room.take(needed, cancelled):
            return
        told = 0

        def receive(piece: Piece) -> None:
            nonlocal told
            if "prompt_progress" in piece:
                return
            # Counting each token would cost llama.cpp a tenth; the last piece tells the sum.
            written = piece["usage"]["completion_tokens"] if "usage" in piece else told + 1
            answer = piece["choices"][0]
            if answer["text"] or written > told:
                emit(Chunk(answer["text"], written - told, _choices(answer["logprobs"])))
            told = written

        self._server.answer(
            _request(prompt, config, new_tokens),
            receive,
            cancelled=cancelled,
            done=partial(self._room.give, needed),
        )


def _request(prompt: Prompt, config: GenerationConfig, new_tokens: int) -> Piece:
    return {
        "prompt": list(prompt.ids),
        "n_predict": new_tokens,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "seed": config.seed if config.seed != _RANDOM_SEED else _RANDOM_SEED - 1,
        "ignore_eos": config.ignore_end,
        "n_probs": config.alternatives,
        # In this order and without any other, as in transformers. Greedily the likeliest alone is
        # kept at once: weighing all words of a large vocabulary is 5% of a small model's time.
        "samplers": ["temperature", "top_p"] if config.samples else ["top_k"],
        "top_k": 0 if config.samples else 1,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        # What others wrote before would make this prompt quicker than it is.
        "cache_prompt": False,
        # A piece for each batch of a long prompt: only then is a stop noticed.
        "return_progress": True,
    }


def _choices(told: Piece | None) -> tuple[TokenChoice, ...]:
    return tuple(
        TokenChoice(
            text=taken["token"],
            probability=math.exp(taken["logprob"]),
            alternatives=tuple(
                (other["token"], math.exp(other["logprob"])) for other in taken["top_logprobs"]
            ),
        )
        for taken in (told or {}).get("content", ())
    )
