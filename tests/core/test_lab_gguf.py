"""The lab with models that bring GGUF files: llama.cpp answers, or transformers if it cannot."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalogue import build_catalogue
from core.errors import LabError, RefusedModelError
from core.inference.lab import Lab
from core.inference.ticket import State
from core.inference.types import Engine, GenerationConfig, Request, Runtime, Task
from core.inference.variants import REFERENCE, choose, variants_of
from core.settings import Settings
from starters.training.gguf_file import write_gguf
from tests.random_models import make_gpt2

BOTH, ALONE = "local/both", "local/alone"
F16 = Runtime(Engine.LLAMA_CPP, "F16")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model in two precisions beside its own weights, and a single GGUF file."""
    models = tmp_path / "models"
    both = make_gpt2(models / "both", width=64, spread=0.3)
    for precision in ("Q8_0", "F16"):
        write_gguf(both, both / f"both-{precision}.gguf", precision)
    write_gguf(both, models / "alone.gguf", "F16")
    return models


@pytest.fixture
def gguf_lab(folder: Path, limits: Settings, tmp_path: Path) -> Lab:
    chosen = replace(limits, models_dir=folder, cache_dir=tmp_path / "cache")
    return Lab(build_catalogue(chosen, starters=tmp_path), chosen)


def ask(model: str = BOTH, text: str = "Once upon", **config: float) -> Request:
    settings = GenerationConfig(**{"max_new_tokens": 8, **config})  # type: ignore[arg-type]
    return Request(Task.TEXT_GENERATION, model, text, settings)


def test_llama_cpp_answers_in_8_bits_unless_told_otherwise(gguf_lab: Lab) -> None:
    both = gguf_lab.catalogue.find(BOTH)
    assert [str(variant.runtime) for variant in variants_of(both)] == [
        *("llama.cpp Q8_0", "llama.cpp F16"),
        *("ctranslate2 int8", "ctranslate2 float32", "transformers float32"),
    ]
    for request in (ask(), ask(temperature=1.0), ask(alternatives=2)):
        made = gguf_lab.run(request).provenance
        assert (made.engine, made.precision) == ("llama.cpp", "Q8_0")
    exact = gguf_lab.run(replace(ask(), runtime=F16))
    reference = gguf_lab.run(replace(ask(), runtime=REFERENCE))
    assert exact.provenance.precision == "F16"
    assert exact.output == reference.output
    assert exact.notices == ()
    lanes = {status.lane: status.width for status in gguf_lab.lanes()}
    assert lanes[f"{BOTH} llama.cpp Q8_0"] > 1


def test_a_file_that_breaks_after_it_was_listed_is_replaced_by_the_reference(
    gguf_lab: Lab, folder: Path
) -> None:
    file = folder / "both" / "both-Q8_0.gguf"
    file.write_bytes(file.read_bytes()[:2000])
    reference = gguf_lab.run(replace(ask(), runtime=REFERENCE))
    for _ in range(2):
        result = gguf_lab.run(ask())
        assert result.output == reference.output
        (notice,) = result.notices
        assert notice.startswith("llama.cpp could not run this model (")
        assert notice.endswith("transformers answered instead.")
    assert gguf_lab.run(replace(ask(), runtime=F16)).provenance.engine == "llama.cpp"


def test_a_model_that_is_a_gguf_alone_is_answered_or_refused_in_words(
    gguf_lab: Lab, folder: Path
) -> None:
    file = folder / "alone.gguf"
    whole = file.read_bytes()
    file.write_bytes(whole[:2000])
    with pytest.raises(RefusedModelError) as caught:
        gguf_lab.run(ask(ALONE))
    assert caught.value.next_step
    file.unlink()
    with pytest.raises(RefusedModelError, match="no longer there"):
        gguf_lab.run(ask(ALONE))
    file.write_bytes(whole)
    assert gguf_lab.run(ask(ALONE)).provenance.engine == "llama.cpp"
    file.unlink()  # it is in memory
    assert gguf_lab.run(ask(ALONE)).tokens_out


def test_thirty_learners_at_once_get_their_own_answers_and_stop_when_they_like(
    gguf_lab: Lab,
) -> None:
    gguf_lab.run(ask())

    def student(number: int) -> None:
        chance = random.Random(number)
        for turn in range(3):
            text = f"Number {number} went to the shop, turn {turn}, "
            ticket = gguf_lab.submit(replace(ask(text=text, max_new_tokens=16), learner=text[:9]))
            if chance.random() < 0.4:
                threading.Timer(chance.random() / 10, ticket.cancel).start()
            try:
                result = ticket.result(timeout_s=120)
                assert result.output == ticket.text
                assert result.notices == ()
            except LabError:
                assert ticket.state is State.STOPPED

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(student, range(30)))
    for thread in threading.enumerate():
        if thread.name.startswith("lane "):
            thread.join(60)
    (status,) = gguf_lab.lanes()
    assert status.running == status.waiting == status.failed == 0
    variant = choose(gguf_lab.catalogue.find(BOTH), ask())
    assert [model.key for model in gguf_lab.pool.snapshot()] == [variant.key]
    assert gguf_lab.pool.snapshot()[0].users == 0
