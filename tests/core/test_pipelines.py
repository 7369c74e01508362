"""The course's `pipeline` calls, as they are written in the course."""

from __future__ import annotations

import pytest

import core
from core import pipelines
from core.errors import BadInputError, RefusedModelError, UnknownModelError, UnsupportedTaskError
from core.inference.engines.transformers_model import TransformersModel
from core.inference.lab import Lab
from core.inference.types import Task
from core.settings import STARTERS

MODELS = {
    Task.TEXT_GENERATION: "local/story",
    Task.SUMMARIZATION: "local/t5",
    Task.TRANSLATION_EN_TO_FR: "local/t5",
}


@pytest.fixture(autouse=True)
def random_models(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "lab", lambda: lab)
    monkeypatch.setattr(pipelines, "DEFAULT_MODELS", MODELS)


def test_the_course_s_text_generation_runs_and_goes_on_from_the_prompt() -> None:
    generator = core.pipeline("text-generation")
    result = generator("Once upon a time in AI world,", max_length=50, num_return_sequences=1)
    assert [list(answer) for answer in result] == [["generated_text"]]
    assert result[0]["generated_text"].startswith("Once upon a time in AI world,")
    assert len(result[0]["generated_text"]) > len("Once upon a time in AI world,")


def test_the_course_s_summarization_runs() -> None:
    (answer,) = core.pipeline("summarization")("The delivery was late but the phone is good.")
    assert list(answer) == ["summary_text"]


def test_the_course_s_translation_runs() -> None:
    (answer,) = core.pipeline("translation_en_to_fr")("How much is the red car?")
    assert list(answer) == ["translation_text"]


def test_several_inputs_are_answered_in_their_order() -> None:
    translate = core.pipeline("translation_en_to_fr")
    texts = ["the red car", "a small robot", "the shop"]
    assert translate(texts) == [translate(text)[0] for text in texts]
    assert translate([]) == []


def test_several_sequences_differ_and_come_input_by_input() -> None:
    generator = core.pipeline("text-generation")
    result = generator(["Once", "The phone"], num_return_sequences=3, max_new_tokens=20)
    texts = [answer["generated_text"] for answer in result]
    assert len(texts) == len(set(texts)) == 6
    assert [text.startswith("Once") for text in texts] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("length", [20, 60, 128])
@pytest.mark.parametrize("prompt", ["Once", "Once upon a time in AI world, a small robot " * 2])
def test_max_length_counts_the_prompt(
    lab: Lab, gpt2: TransformersModel, monkeypatch: pytest.MonkeyPatch, length: int, prompt: str
) -> None:
    asked = []
    run = lab.run
    monkeypatch.setattr(lab, "run", lambda request: asked.append(request) or run(request))
    (answer,) = core.pipeline("text-generation")(prompt, max_length=length)
    expected = max(1, length - len(gpt2.tokenizer.encode(prompt)))
    assert asked[0].config.max_new_tokens == expected
    assert answer["generated_text"].startswith(prompt)


def test_max_new_tokens_beats_max_length(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    run = lab.run
    monkeypatch.setattr(lab, "run", lambda request: asked.append(request) or run(request))
    core.pipeline("text-generation")("Once", max_length=50, max_new_tokens=7)
    core.pipeline("summarization")("Once upon a time", max_length=9)
    assert [request.config.max_new_tokens for request in asked] == [7, 9]


def test_greedy_is_the_default_and_a_seed_reproduces_sampling() -> None:
    generator = core.pipeline("text-generation")
    assert generator("Once") == generator("Once", do_sample=False, temperature=0.7)
    sampled = [generator("Once", do_sample=True, seed=seed) for seed in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]
    assert generator("Once", temperature=0.9) != generator("Once")


@pytest.mark.parametrize(
    "settings",
    [
        {"num_return_sequences": 0},
        {"num_return_sequences": 3, "do_sample": False},
        {"num_return_sequences": 3, "temperature": 0.0},
        {"max_new_tokens": 0},
        {"max_length": 0},
        {"max_length": -5},
        {"max_new_tokens": 10**9},
        {"temperature": float("nan")},
        {"temperature": -1.0},
        {"top_p": 0.0},
        {"do_sample": True, "top_p": 2.0},
        {"seed": -1},
    ],
)
def test_a_setting_that_makes_no_sense_is_told_in_words(settings: dict[str, float]) -> None:
    with pytest.raises(BadInputError):
        core.pipeline("text-generation")("Once", **settings)


@pytest.mark.parametrize("text", ["", " \n", "a" * 200_000])
def test_unusable_text_is_told_in_words(text: str) -> None:
    with pytest.raises(BadInputError):
        core.pipeline("summarization")(text)


@pytest.mark.parametrize("task", ["text2text-generation", "", "🤖", "sentiment-analysis"])
def test_an_unknown_task_is_told_with_those_that_exist(task: str) -> None:
    with pytest.raises(UnsupportedTaskError, match="text-generation, summarization, translation"):
        core.pipeline(task)


def test_a_model_that_will_not_do_is_told_before_the_first_call() -> None:
    with pytest.raises(UnknownModelError):
        core.pipeline("text-generation", model="gpt3")
    with pytest.raises(UnsupportedTaskError, match="does not do summarization"):
        core.pipeline("summarization", model="local/story")
    with pytest.raises(RefusedModelError, match="of memory"):
        core.pipeline("text-generation", model="meta-llama/Llama-3.2-1B")


@pytest.mark.parametrize(
    ("task", "name", "text", "key"),
    [
        ("text-generation", "gpt2-stories", "Once upon a time in AI world,", "generated_text"),
        ("summarization", "t5-summary-micro", "The phone came late. It is good.", "summary_text"),
        ("translation_en_to_fr", "t5-en-fr-micro", "How much is the car?", "translation_text"),
    ],
)
def test_the_course_s_calls_run_on_the_starters(
    monkeypatch: pytest.MonkeyPatch, task: str, name: str, text: str, key: str
) -> None:
    if not (STARTERS / name).is_dir():
        pytest.skip(f"starters/models/{name} is not trained yet")
    monkeypatch.undo()
    (answer,) = core.pipeline(task)(text)
    assert answer[key].strip()
