"""In which ways a model can run, and which is taken."""

from __future__ import annotations

import pytest

from core.catalogue import ModelEntry
from core.errors import UnsupportedTaskError
from core.inference.types import Engine, GenerationConfig, Request, Runtime, Task
from core.inference.variants import (
    INT8,
    REFERENCE,
    Variant,
    choose,
    memory_bytes,
    supports,
    variants_of,
)

GREEDY, SAMPLED = GenerationConfig(), GenerationConfig(temperature=0.8)
TELLING = GenerationConfig(alternatives=3)


def entry(model_type: str) -> ModelEntry:
    return ModelEntry("local/m", "local", tuple(Task), "", "", 10**8, 4 * 10**8, model_type)


def ask(config: GenerationConfig = GREEDY, runtime: Runtime | None = None) -> Request:
    return Request(Task.SUMMARIZATION, "local/m", "text", config, runtime)


@pytest.mark.parametrize("model_type", ["t5", "gpt2", "an unknown one"])
def test_the_reference_runs_every_model_and_comes_last(model_type: str) -> None:
    variants = variants_of(entry(model_type))
    assert variants[-1].runtime == REFERENCE
    assert len({variant.key for variant in variants}) == len(variants)
    assert all(supports(variants[-1], ask(config)) for config in (GREEDY, SAMPLED, TELLING))


def test_an_encoder_decoder_is_computed_in_8_bits_unless_it_draws_or_tells_probabilities() -> None:
    t5 = entry("t5")
    assert choose(t5, ask()).runtime == INT8
    assert choose(t5, ask(SAMPLED)).runtime == REFERENCE
    assert choose(t5, ask(TELLING)).runtime == REFERENCE


def test_a_decoder_without_a_gguf_is_converted_only_when_asked() -> None:
    gpt2 = entry("gpt2")
    assert choose(gpt2, ask()).runtime == REFERENCE
    assert choose(gpt2, ask(runtime=INT8)).runtime == INT8


def test_what_is_asked_for_is_taken_or_refused_with_what_there_is() -> None:
    t5 = entry("t5")
    assert choose(t5, ask(runtime=REFERENCE)).runtime == REFERENCE
    with pytest.raises(UnsupportedTaskError, match="ctranslate2 int8 with these") as caught:
        choose(t5, ask(SAMPLED, INT8))
    assert "transformers float32" in caught.value.next_step
    with pytest.raises(UnsupportedTaskError, match=r"llama\.cpp Q8_0"):
        choose(t5, ask(runtime=Runtime(Engine.LLAMA_CPP, "Q8_0")))


def test_fewer_bits_take_less_memory() -> None:
    t5 = entry("t5")
    assert memory_bytes(Variant(t5, INT8)) < 0.5 * memory_bytes(Variant(t5, REFERENCE))
