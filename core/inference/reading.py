"""How a text becomes a prompt that fits a model's context, and what is said of what does not.

It knows nothing of engines: a tokenizer and two lengths are enough.
"""

from __future__ import annotations

from typing import Protocol

from core.errors import BadInputError
from core.inference.inputs import require_one_gap
from core.inference.types import GenerationConfig, Prompt, Task

# T5 is told its task by a prefix; transformers 5 no longer adds it
# (https://arxiv.org/abs/1910.10683, appendix D).
_T5_PREFIXES = {
    Task.SUMMARIZATION: "summarize: ",
    Task.TRANSLATION_EN_TO_FR: "translate English to French: ",
}


class Encoder(Protocol):
    """What turns a text into token ids."""

    def encode(self, text: str, *, max_tokens: int | None = None) -> list[int]:
        """Return the token ids of `text`, cut at the end to `max_tokens`, a closing token kept."""
        ...


def prefix_for(model_type: str, task: Task) -> str:
    """Return what is put before the input so that a model of `model_type` does `task`."""
    return _T5_PREFIXES.get(task, "") if model_type in {"t5", "mt5"} else ""


def read_source(tokenizer: Encoder, text: str, *, context: int) -> Prompt:
    """Return the source text of an encoder-decoder as a prompt, cut at its end to `context` tokens.

    Raises:
        BadInputError: the model knows nothing of what the text is written with.
    """
    ids = _encoded(tokenizer, text)
    if len(ids) <= context:
        return Prompt(tuple(ids))
    # Cut by the tokenizer, which keeps its closing token.
    kept = tokenizer.encode(text, max_tokens=context)
    return Prompt(tuple(kept), (_cut_notice(len(ids), context, "end"),))


def read_prompt(tokenizer: Encoder, text: str, config: GenerationConfig, *, context: int) -> Prompt:
    """Return the text that a decoder continues, cut at its beginning to leave room for an answer.

    Raises:
        BadInputError: the model knows nothing of what the text is written with.
    """
    ids = _encoded(tokenizer, text)
    # Half of the context stays the text's, unless models are timed on equal lengths.
    least = 1 if config.ignore_end else max(1, context // 2)
    room = max(least, context - config.max_new_tokens)
    kept = ids[-room:]
    notices = [_cut_notice(len(ids), room, "beginning")] if len(ids) > room else []
    left = max(1, context - len(kept))
    if left < config.max_new_tokens:
        notices.append(f"After your text this model has room for {left:,} tokens of answer.")
    return Prompt(tuple(kept), tuple(notices))


def read_gap(tokenizer: Encoder, text: str, *, mask_id: int, context: int) -> Prompt:
    """Return a text with one gap as a prompt, cut at both ends to `context` tokens around the gap.

    The tokens that open and close a text stay.

    Raises:
        BadInputError: there is not exactly one gap.
    """
    ids = _encoded(tokenizer, text)
    require_one_gap(ids.count(mask_id))
    if len(ids) <= context:
        return Prompt(tuple(ids))
    gap, inner = ids.index(mask_id), context - 2
    # As much before the gap as behind it, where there is so much.
    start = min(max(1, gap - inner // 2), len(ids) - 1 - inner)
    kept = (ids[0], *ids[start : start + inner], ids[-1])
    return Prompt(kept, (_cut_notice(len(ids), context, "far ends"),))


def _encoded(tokenizer: Encoder, text: str) -> list[int]:
    ids = tokenizer.encode(text)
    if not ids:
        raise BadInputError(
            "This model knows none of the characters in your text.",
            next_step="Write it with other characters, or choose another model.",
        )
    return ids


def _cut_notice(tokens: int, kept: int, where: str) -> str:
    return (
        f"Your text has {tokens:,} tokens and this model reads {kept:,} of them here: "
        f"the {tokens - kept:,} at the {where} were left out."
    )
