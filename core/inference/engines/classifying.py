"""The reference engine for models that do not write but sort texts, as fine-tuning makes them.

One pass through the network gives the probability of each label.
"""

from __future__ import annotations

from typing import Any

from core.errors import RefusedModelError
from core.inference.engines.one_pass import OnePassModel
from core.inference.reading import read_source
from core.inference.tokenizing import LockedTokenizer
from core.inference.types import Chunk, GenerationConfig, LabelProbability, Prompt, Task

MOST_LABELS = 100
_MOST_CHARACTERS = 80


class TextClassifier(OnePassModel):
    """A model that sorts texts: it gives the probability of each label, of very many the first."""

    def __init__(self, model: Any, tokenizer: LockedTokenizer, *, threads: int) -> None:
        super().__init__(model, tokenizer, threads=threads)
        kind, number = model.config.problem_type, int(model.config.num_labels)
        if kind == "regression":
            raise RefusedModelError(
                "This model answers with a number, not with a label.",
                next_step="Choose a model that sorts texts.",
            )
        # As the library's pipeline does: labels exclude each other unless the config says not.
        self._alone = kind == "multi_label_classification" or number == 1
        self.labels = label_names(model.config.id2label, number)

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into token ids, cut at its end to the context.

        Raises:
            BadInputError: the model knows nothing of what the text is written with.
        """
        return read_source(self.tokenizer, text, context=self._context)

    def _answer(self, prompt: Prompt, config: GenerationConfig, scores: Any) -> Chunk:
        """Return the likeliest label, and the probability of each, the likeliest first.

        Raises:
            RefusedModelError: the weights are so broken that the answer is no number.
        """
        if not scores.isfinite().all():
            raise RefusedModelError(
                "The weights of this model are broken: its answer is no number.",
                next_step="Choose another model.",
            )
        probabilities = (scores.sigmoid() if self._alone else scores.softmax(-1)).tolist()
        found = map(LabelProbability, self.labels, probabilities)
        likeliest = sorted(found, key=lambda each: -each.probability)[:MOST_LABELS]
        return Chunk(likeliest[0].label, 1, labels=tuple(likeliest))


def label_names(named: Any, number: int) -> tuple[str, ...]:
    """Return the names of `number` labels, made to be shown in a line; a config can say anything.

    A label without a usable name is called as the library calls it.
    """
    known = named if isinstance(named, dict) else {}
    return tuple(_shown(known.get(place)) or f"LABEL_{place}" for place in range(number))


def _shown(name: Any) -> str:
    if not isinstance(name, str):
        return ""
    short = name if len(name) <= _MOST_CHARACTERS else f"{name[: _MOST_CHARACTERS - 1]}…"
    return "".join(c if c.isprintable() else "\ufffd" for c in short).strip()
