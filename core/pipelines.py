"""The course's `pipeline(task, model=None)`, for the tasks that transformers 5 deleted as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from core.errors import BadInputError, UnsupportedTaskError
from core.inference.lab import Lab, lab
from core.inference.types import GenerationConfig, Request, Task

DEFAULT_MODELS = {
    Task.TEXT_GENERATION: "starter/gpt2-stories",
    Task.SUMMARIZATION: "starter/t5-summary-micro",
    Task.TRANSLATION_EN_TO_FR: "starter/t5-en-fr-micro",
    Task.FILL_MASK: "starter/bert-feedback",
}
_RESULT_KEYS = {
    Task.TEXT_GENERATION: "generated_text",
    Task.SUMMARIZATION: "summary_text",
    Task.TRANSLATION_EN_TO_FR: "translation_text",
}
_DEFAULT_NEW_TOKENS = 100


def pipeline(
    task: str, model: str | None = None
) -> Pipeline | FillMaskPipeline | TextClassificationPipeline:
    """Return a callable for `task`, as the course's `transformers.pipeline` did.

    Args:
        task: `"text-generation"`, `"summarization"`, `"translation_en_to_fr"`, `"fill-mask"` or
            `"text-classification"`.
        model: a model id of the catalogue; the larger starter for the task if None and there is
            one.

    Raises:
        UnsupportedTaskError, UnknownModelError, RefusedModelError: it cannot be had.
    """
    try:
        known = Task(task)
    except ValueError:
        able = ", ".join(Task)
        raise UnsupportedTaskError(
            f"The lab has no pipeline called {task!r}.", next_step=f"Choose one of {able}."
        ) from None
    model = model or DEFAULT_MODELS.get(known)
    if model is None:
        raise UnsupportedTaskError(
            f"The lab ships no model for {known}.",
            next_step=f'Name one: pipeline("{known}", model="…").',
        )
    match known:
        case Task.FILL_MASK:
            return FillMaskPipeline(known, model, lab())
        case Task.TEXT_CLASSIFICATION:
            return TextClassificationPipeline(known, model, lab())
        case _:
            return Pipeline(known, model, lab())


class _OfModel:
    """One model for one task."""

    def __init__(self, task: Task, model_id: str, laboratory: Lab) -> None:
        self.task = task
        self.model_id = laboratory.find(task, model_id).id
        self._lab = laboratory


class FillMaskPipeline(_OfModel):
    """Calls one model that fills a gap; returns the keys that transformers returns."""

    def __call__(self, inputs: str | list[str], *, top_k: int = 5) -> list[Any]:
        """Return the `top_k` likeliest words for the gap in `inputs`, the likeliest first.

        Each is a dict of score, token (its id), token_str and sequence. Several texts give a list
        of such lists, as in transformers.

        Raises:
            LabError: a text has not exactly one gap, or cannot be used.
        """
        if top_k < 1:
            raise BadInputError("top_k must be at least 1.")
        config = GenerationConfig(max_new_tokens=1, alternatives=top_k)
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        answers = [self._fill(Request(self.task, self.model_id, text, config)) for text in texts]
        return answers[0] if len(answers) == 1 else answers

    def _fill(self, request: Request) -> list[dict[str, Any]]:
        return [
            {
                "score": found.probability,
                "token": found.token,
                "token_str": found.word,
                "sequence": found.sentence,
            }
            for found in self._lab.run(request).fillings
        ]


class TextClassificationPipeline(_OfModel):
    """Calls one model that sorts texts; returns the keys that transformers returns."""

    def __call__(
        self, inputs: str | list[str], *, top_k: int | Literal[""] | None = ""
    ) -> list[Any]:
        """Return the likeliest label of each text, a dict of label and score.

        With `top_k` each text has a list of so many labels, the likeliest first, or of all where it
        is None; that of a lone text is the answer itself. So it is in transformers.

        Raises:
            LabError: a text cannot be used.
        """
        if isinstance(top_k, int) and top_k < 1:
            raise BadInputError("top_k must be at least 1.")
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        found = [self._sort(text) for text in texts]
        if isinstance(top_k, str):
            return [labels[0] for labels in found]
        answers = [labels[:top_k] for labels in found]
        return answers[0] if isinstance(inputs, str) else answers

    def _sort(self, text: str) -> list[dict[str, Any]]:
        labels = self._lab.run(Request(self.task, self.model_id, text)).labels
        return [{"label": found.label, "score": found.probability} for found in labels]


class Pipeline(_OfModel):
    """Calls one model for one task; returns a list of dicts with the course's result keys."""

    def __call__(
        self,
        inputs: str | list[str],
        *,
        max_length: int | None = None,
        max_new_tokens: int | None = None,
        num_return_sequences: int = 1,
        do_sample: bool | None = None,
        temperature: float | None = None,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> list[dict[str, str]]:
        """Answer `inputs`, in order, with `num_return_sequences` answers each.

        `max_length` counts the prompt's tokens for text generation and the output's for the other
        tasks, as in transformers; `max_new_tokens` beats it. More than one sequence means sampling.

        Raises:
            LabError: an input or a setting cannot be used.
        """
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        if num_return_sequences < 1:
            raise BadInputError("num_return_sequences must be at least 1.")
        if temperature is None:
            temperature = 1.0 if do_sample or num_return_sequences > 1 else 0.0
        sample = do_sample is not False and temperature != 0
        if not sample and num_return_sequences > 1:
            raise BadInputError(
                "Greedy decoding gives the same sequence each time.",
                next_step="Set do_sample=True and a temperature above 0 for more than one.",
            )
        lengths = (max_new_tokens, max_length, _DEFAULT_NEW_TOKENS)
        config = GenerationConfig(
            max_new_tokens=next(length for length in lengths if length is not None),
            temperature=temperature if sample else 0.0,
            top_p=top_p,
            seed=seed,
        )
        generates = self.task is Task.TEXT_GENERATION
        requests = [Request(self.task, self.model_id, text, config) for text in texts]
        if generates and max_length is not None and max_new_tokens is None:
            requests = [self._leave_room(request) for request in requests]
        return [
            self._answer(request, seed=seed + number)
            for request in requests
            for number in range(num_return_sequences)
        ]

    def _answer(self, request: Request, *, seed: int) -> dict[str, str]:
        request = replace(request, config=replace(request.config, seed=seed))
        output = self._lab.run(request).output
        whole = request.inputs + output if self.task is Task.TEXT_GENERATION else output
        return {_RESULT_KEYS[self.task]: whole}

    def _leave_room(self, request: Request) -> Request:
        # Counted with the least room for an answer, so that the prompt is not cut to count it.
        counted = replace(request, config=replace(request.config, max_new_tokens=1))
        room = request.config.max_new_tokens - self._lab.count_tokens(counted)
        return replace(request, config=replace(request.config, max_new_tokens=max(1, room)))
