"""A model is called open-source only where weights, licence, code and data all are open."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.explore.licences import licence_of
from core.explore.model_record import ModelFile, ModelRecord
from core.explore.openness import judged, openness_of, snapshot_openness
from core.explore.snapshot import snapshot
from core.explore.types import Open, Origin, Part, Verdict

CODE = "The code that trained it is at https://github.com/school/tiny."
WEIGHTS = (ModelFile("model.safetensors", 10),)


def record(*, tags: tuple[str, ...] = (), **said: Any) -> ModelRecord:
    given_fields = {"files": WEIGHTS, "gated": "", **said}
    metadata = MappingProxyType(given_fields.pop("metadata", {}))
    return ModelRecord(id="a/b", origin=Origin.LIVE, tags=tags, metadata=metadata, **given_fields)


OPEN = MappingProxyType({"license": "mit", "datasets": ["school/stories"]})


def test_with_everything_open_it_is_open_source() -> None:
    found = openness_of(record(metadata=OPEN, tags=("arxiv:2401.00001",)), CODE)
    assert found.verdict is Verdict.OPEN_SOURCE
    assert [part.open for part in found.parts] == [Open.YES] * 4
    assert "did not check" in found.parts[1].reason


@pytest.mark.parametrize(
    ("changed", "body", "reason"),
    [
        ({"metadata": {**OPEN, "license": "llama3"}}, CODE, "Llama 3 Community License"),
        ({"metadata": {**OPEN, "license": "cc-by-4.0"}}, CODE, "none for software"),
        ({"metadata": {"datasets": ["a/b"]}}, CODE, "no licence is named"),
        ({"metadata": {"license": "mit"}}, CODE, "training data are not named"),
        ({"metadata": {**OPEN, "datasets": ["bookcorpus"]}}, CODE, "named or open in part"),
        ({"metadata": OPEN, "gated": "auto"}, CODE, "a gate"),
        ({"metadata": OPEN}, "", "no training code is named"),
        ({"metadata": OPEN}, "Demo: https://github.com/school/demo", "not for certain"),
        (
            {"metadata": OPEN},
            "Trained with https://github.com/huggingface/transformers",
            "no training code",
        ),
    ],
)
def test_with_one_part_closed_only_the_weights_are_open(
    changed: dict[str, Any], body: str, reason: str
) -> None:
    found = openness_of(record(**changed), body)
    assert found.verdict is Verdict.OPEN_WEIGHTS
    assert reason in found.reason


def test_without_weights_it_is_closed() -> None:
    found = openness_of(record(files=(ModelFile("README.md", 1),), metadata=OPEN), CODE)
    assert found.verdict is Verdict.CLOSED


def test_where_nothing_is_said_it_stays_unclear() -> None:
    found = openness_of(ModelRecord(id="a/b", origin=Origin.LIVE), "")
    assert found.verdict is Verdict.UNCLEAR
    assert {part.open for part in found.parts} == {Open.UNKNOWN}


def test_a_paper_that_the_card_links_to_may_be_on_something_else() -> None:
    found = openness_of(record(), "See https://arxiv.org/abs/1910.01108.")
    assert found.parts[3].open is Open.PARTLY
    assert "https://arxiv.org/abs/1910.01108;" in found.parts[3].reason


@pytest.mark.parametrize(
    ("model_id", "verdict"),
    [
        ("allenai/OLMo-2-0425-1B", Verdict.OPEN_SOURCE),
        ("EleutherAI/pythia-160m", Verdict.OPEN_SOURCE),
        ("meta-llama/Llama-3.2-1B", Verdict.OPEN_WEIGHTS),
        ("bigscience/bloom", Verdict.OPEN_WEIGHTS),
        ("openai-community/gpt2", Verdict.OPEN_WEIGHTS),
        ("GPT-4", Verdict.CLOSED),
        ("Claude", Verdict.CLOSED),
        ("Gemini", Verdict.CLOSED),
    ],
)
def test_the_models_of_the_lessons_stand_where_they_are_taught_to(
    model_id: str, verdict: Verdict
) -> None:
    model = next(model for model in snapshot().models if model.id == model_id)
    licence = licence_of(model.licence) if model.licence else None
    assert snapshot_openness(model, licence).verdict is verdict


state = st.sampled_from(list(Open))


@given(state, state, state, state, st.sampled_from(["mit", "llama3", "", "cc0-1.0"]), st.booleans())
def test_open_source_asks_for_all_of_it(
    weights: Open, code: Open, data: Open, paper: Open, tag: str, gated: bool
) -> None:
    states = zip(("weights", "code", "data", "paper"), (weights, code, data, paper), strict=True)
    one, two, three, four = (Part(name, open_, "") for name, open_ in states)
    licence = licence_of(tag) if tag else None
    found = judged((one, two, three, four), licence, gated=gated)
    everything = {weights, code, data} == {Open.YES} and tag == "mit" and not gated
    assert (found.verdict is Verdict.OPEN_SOURCE) == everything
    assert (found.verdict is Verdict.CLOSED) == (weights is Open.NO)
    assert (found.verdict is Verdict.UNCLEAR) == (weights is Open.UNKNOWN)
    assert found.reason.endswith(".")
