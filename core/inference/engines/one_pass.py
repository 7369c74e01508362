"""The reference engine for models that give one answer at once: a word for a gap, a label."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from core.inference.engines.token_by_token import Cancelled, never
from core.inference.engines.transformers_model import TransformersModel
from core.inference.types import Chunk, GenerationConfig, Prompt


class OnePassModel(TransformersModel):
    """A model that does not write: one pass through its network is the answer."""

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        *,
        emit: Callable[[Chunk], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Hand the answer to `emit`, once `cancelled()` nothing."""
        import torch

        # Holds for the calling thread, which is this model's own.
        torch.set_num_threads(self.threads)
        ids = torch.tensor([prompt.ids])
        self._stop.asked = cancelled
        try:
            with torch.inference_mode():
                scores = self._model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
        except Cancelled:
            return
        finally:
            self._stop.asked = never
        emit(self._answer(prompt, config, scores))

    @abstractmethod
    def _answer(self, prompt: Prompt, config: GenerationConfig, scores: Any) -> Chunk:
        """Return what the scores of the network say: of each token, or of each label."""
