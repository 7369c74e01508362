"""What happens between two tokens of `transformers.generate`: hand on, draw, stop.

It knows nothing of models, tasks or files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.inference.tokenizing import GrowingText
from core.inference.types import Chunk, GenerationConfig, TokenChoice

if TYPE_CHECKING:
    import torch


class Cancelled(Exception):
    """Raised inside the network to leave a computation in the middle."""


def never() -> bool:
    """Tell that nobody asked to stop."""
    return False


class Stop:
    """Leaves the network once `asked()`, between two layers: also in the middle of a long prompt.

    It knows nothing of the model, whose layers hold it: a circle would keep a dropped model in
    memory.
    """

    asked: Callable[[], bool]

    def __init__(self) -> None:
        self.asked = never

    def watch(self, model: Any) -> None:
        """Have every layer of `model` look whether somebody asked."""
        import torch

        for module in model.modules():
            if isinstance(module, torch.nn.ModuleList):
                for layer in module:
                    layer.register_forward_pre_hook(self.leave_if_asked)

    def leave_if_asked(self, *_: Any) -> None:
        if self.asked():
            raise Cancelled


class Streamer:
    """Receives tokens from `generate`, the prompt first, and hands on the text they complete."""

    def __init__(
        self,
        text: GrowingText,
        emit: Callable[[Chunk], None],
        *,
        ends: frozenset[int],
        observer: Observer | None = None,
    ) -> None:
        self._text = text
        self._emit = emit
        self._ends = ends
        self._observer = observer
        self._seen_prompt = False

    def put(self, value: torch.Tensor) -> None:
        if not self._seen_prompt:
            self._seen_prompt = True
            return
        for token in value.flatten().tolist():
            text = "" if token in self._ends else self._text.add(token)
            choices = (self._observer.choice(token),) if self._observer else ()
            self._emit(Chunk(text, 1, choices))

    def end(self) -> None:
        """Nothing to do: what is held back is handed on after `generate`."""


class Observer:
    """A logits processor that changes nothing and remembers how probable each token was."""

    def __init__(self, decode: Callable[[list[int]], str], alternatives: int) -> None:
        self._decode = decode
        self._alternatives = alternatives
        self._probabilities: Any = None

    def __call__(self, ids: Any, scores: Any) -> Any:
        self._probabilities = scores[0].softmax(dim=-1)
        return scores

    def choice(self, token: int) -> TokenChoice:
        """Return how probable `token` was at the place just decoded, and what else was likely."""
        likeliest = self._probabilities.topk(min(self._alternatives, len(self._probabilities)))
        return TokenChoice(
            self._decode([token]),
            float(self._probabilities[token]),
            tuple(
                (self._decode([number]), probability)
                for number, probability in zip(
                    likeliest.indices.tolist(), likeliest.values.tolist(), strict=True
                )
            ),
        )


def sampler(config: GenerationConfig) -> Callable[[Any, Any], Any]:
    """Return a logits processor that draws the next token from a generator of its own.

    The library draws from torch's global generator, which concurrent requests share: a seed would
    then not reproduce. This draws as the library does after `torch.manual_seed(seed)`, and leaves
    greedy decoding only the drawn token to choose.
    """
    import torch
    from transformers import TemperatureLogitsWarper, TopPLogitsWarper

    temperature = TemperatureLogitsWarper(float(config.temperature))
    top_p = TopPLogitsWarper(float(config.top_p)) if config.top_p < 1 else None
    generator = torch.Generator().manual_seed(config.seed)

    def draw(ids: Any, scores: Any) -> Any:
        scores = temperature(ids, scores)
        if top_p is not None:
            scores = top_p(ids, scores)
        drawn = torch.multinomial(scores.softmax(dim=-1), num_samples=1, generator=generator)
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn, 0.0)

    return draw
