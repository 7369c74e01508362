"""The engine CTranslate2: T5, BART, Marian and decoders in 8 bits, many requests in one batch.

It takes greedy requests only: it would draw from a generator of its own that no seed reaches, and
tells no probabilities of other tokens. One thread computes a batch, since two take longer for it
(docs/measuring.md), and two batches run side by side.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from core.errors import BadInputError, RefusedModelError
from core.inference.engines.batched_decoding import Answer, Decoding
from core.inference.engines.converted_model import ModelFacts, read_facts, size_bytes
from core.inference.light_tokenizer import LightTokenizer
from core.inference.reading import prefix_for, read_prompt, read_source
from core.inference.tokenizing import GrowingText, LockedTokenizer
from core.inference.types import Chunk, Engine, GenerationConfig, Prompt, Task

_WIDTH = 32
_SIDE_BY_SIDE = 2

# What a loaded model takes besides its file: measured on models of 0.2 to 60 million parameters
# after batches of 30 requests, within a seventh (docs/measuring.md).
_FIXED_BYTES = 20_000_000
_BYTES_A_VOCABULARY_ENTRY = 700
_USUAL_TOKENS_A_REQUEST = 128


def load(folder: Path, *, converted: Path, precision: str, threads: int) -> CTranslate2Model:
    """Load the model of `folder` from `converted`, what conversion made of it.

    Raises:
        RefusedModelError: the files do not make a model.
    """
    import ctranslate2

    try:
        facts = read_facts(converted, precision=precision)
        if facts is None:
            raise ValueError("it is not whole")
        kind = ctranslate2.Translator if facts.encodes else ctranslate2.Generator
        pool = kind(
            str(converted),
            device="cpu",
            compute_type=precision,
            inter_threads=min(_SIDE_BY_SIDE, threads),
            intra_threads=1,
        )
        vocabulary = _vocabulary(converted)
        tokenizer = _tokenizer(folder, converted, facts)
    # Files may be gone or damaged since they were looked at; the library knows RuntimeError alone.
    except Exception as error:
        raise RefusedModelError(
            f"{folder.name} could not be loaded by CTranslate2: {error}",
            next_step="Choose the engine transformers, which runs every model of the lab.",
        ) from error
    decoding = Decoding(pool, facts, vocabulary, workers=min(_SIDE_BY_SIDE, threads))
    memory_bytes = (
        size_bytes(converted)
        + _FIXED_BYTES
        + _BYTES_A_VOCABULARY_ENTRY * len(vocabulary)
        + _WIDTH * _USUAL_TOKENS_A_REQUEST * facts.state_bytes
    )
    return CTranslate2Model(
        decoding, facts, tokenizer, precision=precision, memory_bytes=memory_bytes
    )


class CTranslate2Model:
    """A converted model that answers many greedy requests at once, merged into batches."""

    engine = Engine.CTRANSLATE2
    device = "cpu"
    threads = 1
    width = _WIDTH

    def __init__(
        self,
        decoding: Decoding,
        facts: ModelFacts,
        tokenizer: LightTokenizer | LockedTokenizer,
        *,
        precision: str,
        memory_bytes: int,
    ) -> None:
        self.precision = precision
        self.memory_bytes = memory_bytes
        self.tokenizer = tokenizer
        self._decoding = decoding
        self._facts = facts
        # The library's threads must be gone before the interpreter is, or end it with an abort.
        weakref.finalize(self, decoding.close)

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The libraries that computed, with their versions."""
        return tuple((name, version(name)) for name in ("ctranslate2", "tokenizers"))

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into token ids, cut to the context, and say what was cut.

        Raises:
            BadInputError: the model knows nothing of what the text is written with, or the request
                asks for what this engine does not do.
        """
        if config.samples or config.alternatives:
            raise BadInputError(
                "CTranslate2 takes the likeliest token each time, and tells no others.",
                next_step="Set the temperature to 0, or choose the engine transformers.",
            )
        if self._facts.encodes:
            source = prefix_for(self._facts.model_type, task) + text
            return read_source(self.tokenizer, source, context=self._facts.context)
        return read_prompt(self.tokenizer, text, config, context=self._facts.context)

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        *,
        emit: Callable[[Chunk], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Hand each new piece of output to `emit`; end at the next token once `cancelled()`."""
        taken = 0 if self._facts.encodes else len(prompt.ids)
        limit = max(1, min(config.max_new_tokens, self._facts.context - taken))
        text = GrowingText(self.tokenizer, () if self._facts.encodes else prompt.ids)
        answer = Answer(prompt.ids, limit, ignore_end=config.ignore_end, cancelled=cancelled)
        for token in self._decoding.tokens(answer):
            ended = token in self._facts.rules.ends
            emit(Chunk("" if ended else text.add(token), 1))
        if rest := text.rest():
            emit(Chunk(rest, 0))


def _vocabulary(folder: Path) -> list[str]:
    """Return the tokens by id; source and target share theirs in all models of the lab."""
    for name in ("shared_vocabulary.json", "vocabulary.json"):
        if (folder / name).is_file():
            return list(json.loads((folder / name).read_text(encoding="utf-8")))
    raise ValueError("it has no vocabulary that source and target share")


def _tokenizer(
    folder: Path, converted: Path, facts: ModelFacts
) -> LightTokenizer | LockedTokenizer:
    if facts.light_tokenizer:
        own = converted / "tokenizer.json"
        file = own if own.is_file() else folder / own.name
        return LightTokenizer(file, eos_id=facts.eos_id, pad_id=facts.pad_id)
    # Marian's tokenizer is written in Python, and comes with transformers alone.
    from transformers import AutoTokenizer

    return LockedTokenizer(
        AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    )
