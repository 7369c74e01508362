"""How much context a GGUF gets here, and the memory that takes."""

from __future__ import annotations

from dataclasses import dataclass

from core.gguf_file import GgufFacts

WIDTH = 16  # requests that llama.cpp answers at once
# Tokens of all prompts together that are read in one go. More is a little faster, and lets those
# who are writing wait longer for their next word.
BATCH_TOKENS = 128

# Keys and values of all requests together. Beyond it only what one request needs.
_KV_BYTES = 64 * 1024**2
_CONTEXT = 2048  # what a lesson's text and answer fit into many times over
_LONG_CONTEXT = 4096  # where it costs no more memory
_STEP = 256  # llama.cpp rounds up to it
# The scores of a batch where the vocabulary is not known yet: 64,000 words.
_SCORES_BYTES = 32 * 1024**2
# Buffers of a loaded model beside the scores (measured: 8 MB).
_WORKING_BYTES = 8 * 1024**2


@dataclass(frozen=True)
class GgufPlan:
    """Tokens that one request may have, and all together; the bytes of the loaded model."""

    context: int
    kv_tokens: int
    memory_bytes: int


def plan_gguf(facts: GgufFacts) -> GgufPlan:
    """Return what the model of `facts` gets."""
    affordable = _KV_BYTES // facts.kv_token_bytes
    longest = _LONG_CONTEXT if affordable >= _LONG_CONTEXT else _CONTEXT
    context = min(facts.context_length, longest)
    kv_tokens = max(context, min(affordable, WIDTH * context))
    kv_tokens = -(-kv_tokens // _STEP) * _STEP
    scores_bytes = BATCH_TOKENS * facts.vocabulary * 4
    memory = facts.model_bytes + kv_tokens * facts.kv_token_bytes + scores_bytes + _WORKING_BYTES
    return GgufPlan(context, kv_tokens, memory)


def guess_memory_bytes(file_bytes: int) -> int:
    """Return about what a model takes of which only the file's size is known."""
    return file_bytes + _KV_BYTES + _SCORES_BYTES + _WORKING_BYTES
