"""A model that writes, in plain transformers: it reads text, hands out tokens, and stops when told.

It knows nothing of queues, clocks or screens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from core.inference.engines.token_by_token import (
    Cancelled,
    Observer,
    Stop,
    Streamer,
    never,
    sampler,
)
from core.inference.reading import prefix_for, read_prompt, read_source
from core.inference.tokenizing import GrowingText, LockedTokenizer
from core.inference.types import Chunk, Engine, GenerationConfig, Prompt, Task

_DEFAULT_CONTEXT = 1024
# These count the places of a text from behind the padding token's number
# (https://huggingface.co/docs/transformers/model_doc/roberta).
_PLACES_AFTER_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"})
# Threads of a small model wait for each other longer than they compute (docs/measuring.md).
_ONE_THREAD_BELOW = 20_000_000


class TransformersModel:
    """A causal or an encoder-decoder model that writes for one request at a time."""

    engine = Engine.TRANSFORMERS
    precision = "float32"
    device = "cpu"
    width = 1

    def __init__(self, model: Any, tokenizer: LockedTokenizer, *, threads: int) -> None:
        self._model = model
        self.tokenizer = tokenizer
        parameters = sum(p.numel() for p in model.parameters())
        self.threads = 1 if parameters < _ONE_THREAD_BELOW else threads
        self.memory_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        self._is_encoder_decoder = bool(model.config.is_encoder_decoder)
        self._context = context_of(model.config)
        self._stop = Stop()
        self._stop.watch(model)

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The libraries that computed, with their versions."""
        return tuple((name, version(name)) for name in ("transformers", "torch", "tokenizers"))

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into token ids, cut to the context, and say what was cut.

        Raises:
            BadInputError: the model knows nothing of what the text is written with.
        """
        if self._is_encoder_decoder:
            prefix = prefix_for(self._model.config.model_type, task)
            return read_source(self.tokenizer, prefix + text, context=self._context)
        return read_prompt(self.tokenizer, text, config, context=self._context)

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        *,
        emit: Callable[[Chunk], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Hand each new piece of output to `emit`; leave the network once `cancelled()`."""
        import torch

        # Holds for the calling thread, which is this model's own.
        torch.set_num_threads(self.threads)
        ids = torch.tensor([prompt.ids])
        text = GrowingText(self.tokenizer, () if self._is_encoder_decoder else prompt.ids)
        observer = Observer(self.tokenizer.decode, config.alternatives)
        streamer = Streamer(
            text,
            emit,
            ends=self._end_tokens(),
            observer=observer if config.alternatives else None,
        )
        self._stop.asked = cancelled
        try:
            with torch.inference_mode():
                self._model.generate(
                    ids,
                    attention_mask=torch.ones_like(ids),
                    streamer=streamer,
                    **self._options(len(prompt.ids), config, observer),
                )
        except Cancelled:
            pass
        finally:
            self._stop.asked = never
        if rest := text.rest():
            emit(Chunk(rest, 0))

    def _options(
        self, prompt_length: int, config: GenerationConfig, observer: Observer
    ) -> dict[str, Any]:
        from transformers import LogitsProcessorList

        room = self._context if self._is_encoder_decoder else self._context - prompt_length
        new_tokens = max(1, min(config.max_new_tokens, room))
        options: dict[str, Any] = {
            "max_new_tokens": new_tokens,
            "max_length": None,
            "num_beams": 1,
            "num_return_sequences": 1,
            "do_sample": False,
            # Left to the model's file these would warn or disagree with greedy decoding.
            "temperature": None,
            "top_p": None,
            "top_k": None,
        }
        if config.ignore_end:
            options["min_new_tokens"] = new_tokens
        if self._model.generation_config.pad_token_id is None:
            options["pad_token_id"] = self.tokenizer.pad_id or self.tokenizer.eos_id or 0
        observing = [observer] if config.alternatives else []
        drawing = [sampler(config)] if config.samples else []
        # The observer comes first: it sees the model's own probabilities.
        options["logits_processor"] = LogitsProcessorList([*observing, *drawing])
        return options

    def _end_tokens(self) -> frozenset[int]:
        end = self._model.generation_config.eos_token_id
        if end is None:
            end = self.tokenizer.eos_id
        ends = [] if end is None else end if isinstance(end, Sequence) else [end]
        return frozenset(map(int, ends))


def context_of(config: Any) -> int:
    """Return how many tokens a model of that configuration reads."""
    for name in ("n_positions", "max_position_embeddings", "seq_length"):
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 0:
            after = config.model_type in _PLACES_AFTER_PADDING and value > 2
            return value - (config.pad_token_id or 0) - 1 if after else value
    return _DEFAULT_CONTEXT
