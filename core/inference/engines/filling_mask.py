"""The reference engine for models that do not write but fill a gap, such as BERT.

One pass through the network gives the probability of each token of the vocabulary in that place.
"""

from __future__ import annotations

from typing import Any

from core.errors import RefusedModelError
from core.inference.engines.one_pass import OnePassModel
from core.inference.inputs import spell_gap
from core.inference.reading import read_gap
from core.inference.tokenizing import LockedTokenizer
from core.inference.types import Chunk, Filling, GenerationConfig, Prompt, Task

LIKELIEST = 5


class GapFiller(OnePassModel):
    """A masked language model: it gives the likeliest words for the one gap in a text."""

    def __init__(self, model: Any, tokenizer: LockedTokenizer, *, threads: int) -> None:
        super().__init__(model, tokenizer, threads=threads)
        if tokenizer.mask is None:
            raise RefusedModelError(
                "This model's tokenizer has no token for a gap.",
                next_step="Choose another model, or download this one again.",
            )
        self._mask, self._mask_id = tokenizer.mask

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into token ids, cut around its gap to the context.

        Raises:
            BadInputError: there is not exactly one gap.
        """
        spelled = spell_gap(text, self._mask)
        return read_gap(self.tokenizer, spelled, mask_id=self._mask_id, context=self._context)

    def _answer(self, prompt: Prompt, config: GenerationConfig, scores: Any) -> Chunk:
        """Return the text with the likeliest word, and the words that come next."""
        gap = prompt.ids.index(self._mask_id)
        probabilities = scores[gap].softmax(dim=-1)
        wanted = min(config.alternatives or LIKELIEST, len(probabilities))
        likeliest = probabilities.topk(wanted)
        pairs = zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
        fillings = tuple(self._filling(prompt.ids, gap, *pair) for pair in pairs)
        return Chunk(fillings[0].sentence, 1, fillings=fillings)

    def _filling(self, ids: tuple[int, ...], gap: int, token: int, probability: float) -> Filling:
        whole = [*ids[:gap], token, *ids[gap + 1 :]]
        word = self.tokenizer.decode_whole([token])
        return Filling(word, probability, token, self.tokenizer.decode(whole))
