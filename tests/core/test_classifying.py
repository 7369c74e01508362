"""A model that sorts texts gives each label its probability, as plain transformers does."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import pipelines
from core.catalogue import build_catalogue
from core.charts import latency_finding, length_finding, trade_off_finding
from core.comparing import Candidate, ComparePlan, compare, summarise, to_csv, to_frame
from core.errors import BadInputError, RefusedModelError, UnsupportedTaskError
from core.inference.engines import transformers_engine
from core.inference.engines.classifying import MOST_LABELS, TextClassifier, label_names
from core.inference.lab import Lab
from core.inference.tasks import COMPARED, TASKS, WRITING
from core.inference.types import Chunk, GenerationConfig, Request, Result, Task
from core.inference.variants import INT8, REFERENCE, variants_of
from core.model_folder import inspect_folder
from core.settings import Settings
from core.show_code import script_for
from tests.random_bert import make_bert

SORT = Task.TEXT_CLASSIFICATION
TEXT = "The battery is great, but I was very unhappy!"
LABELS = ("negative", "neutral", "positive")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("sorters")
    make_bert(models / "three", labels=LABELS)
    make_bert(models / "one", labels=["spam"])
    make_bert(models / "several", labels=LABELS, problem_type="multi_label_classification")
    make_bert(models / "many", labels=[f"topic {n}" for n in range(300)])
    return models


@pytest.fixture
def sorters(folder: Path, limits: Settings, tmp_path: Path) -> Lab:
    here = replace(limits, models_dir=folder)
    return Lab(build_catalogue(here, starters=tmp_path), here)


def sort(laboratory: Lab, text: str = TEXT, *, model: str = "local/three") -> Result:
    return laboratory.run(Request(SORT, model, text, TASKS[SORT].config))


def plainly(path: Path, text: str | list[str], **options: object) -> list[Any]:
    import torch
    from transformers import pipeline

    classify = pipeline("text-classification", str(path), dtype=torch.float32, device="cpu")
    return classify(text, **options)


def changed(folder: Path, to: Path, **values: object) -> Path:
    """Copy the model in `folder` and put `values` into its config."""
    shutil.copytree(folder, to)
    config = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(config | values))
    return to


def test_a_model_that_sorts_texts_is_known_by_its_architecture(folder: Path) -> None:
    assert inspect_folder(folder / "three").tasks == (SORT,)


def test_only_the_reference_engine_sorts_texts(sorters: Lab) -> None:
    entry = sorters.catalogue.find("local/three")
    for model_type in ("bert", "gpt2"):
        ways = variants_of(replace(entry, model_type=model_type))
        assert [variant.runtime for variant in ways] == [REFERENCE]
    with pytest.raises(UnsupportedTaskError):
        sorters.submit(Request(SORT, "local/three", TEXT, runtime=INT8))


@pytest.mark.parametrize("model", ["three", "one", "several"])
def test_the_labels_are_those_of_plain_transformers(sorters: Lab, folder: Path, model: str) -> None:
    result = sort(sorters, model=f"local/{model}")
    expected = plainly(folder / model, TEXT, top_k=None)
    assert [found.label for found in result.labels] == [row["label"] for row in expected]
    scores = [row["score"] for row in expected]
    assert [found.probability for found in result.labels] == pytest.approx(scores, rel=1e-5)
    assert result.output == result.labels[0].label
    assert (result.tokens_out, result.tokens_per_s, result.fillings) == (1, None, ())
    assert result.timing.ttft_s > 0


def test_the_pipeline_returns_what_transformers_returns(
    sorters: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "lab", lambda: sorters)
    classify = pipelines.pipeline("text-classification", "local/three")
    options: list[dict[str, Any]] = [{}, {"top_k": 1}, {"top_k": 2}, {"top_k": None}]
    for option in options:
        for text in (TEXT, [TEXT], [TEXT, "it was late"]):
            answer, expected = classify(text, **option), plainly(folder / "three", text, **option)
            assert _labels(answer) == _labels(expected)
    with pytest.raises(BadInputError):
        classify(TEXT, top_k=0)
    with pytest.raises(UnsupportedTaskError, match="Name one"):
        pipelines.pipeline("text-classification")


def _labels(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_labels(each) for each in answer]
    assert list(answer) == ["label", "score"]
    return answer["label"]


def test_of_very_many_labels_the_likeliest_are_told(sorters: Lab) -> None:
    labels = sort(sorters, model="local/many").labels
    assert len(labels) == MOST_LABELS
    probabilities = [found.probability for found in labels]
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_long_text_is_cut_at_its_end_and_that_is_said(sorters: Lab) -> None:
    result = sort(sorters, "late " * 200)
    assert result.tokens_in == 64
    assert "at the end were left out" in result.notices[0]


def test_stop_leaves_the_network_and_hands_nothing_on(folder: Path) -> None:
    model = transformers_engine.load(folder / "three", threads=1)
    prompt = model.read(SORT, TEXT, GenerationConfig())
    asked, chunks = [], list[Chunk]()

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 1

    model.generate(prompt, GenerationConfig(), emit=chunks.append, cancelled=cancelled)
    assert (chunks, len(asked)) == ([], 2)


@given(st.dictionaries(st.integers(0, 5), st.text() | st.none() | st.integers()) | st.text())
def test_whatever_a_config_calls_its_labels_each_has_a_short_name_for_one_line(named: Any) -> None:
    names = label_names(named, 5)
    assert len(names) == 5
    assert all(name.isprintable() and name.strip() and len(name) <= 80 for name in names)


@pytest.mark.parametrize("name", ["a\nb", "\u202eevil", "x" * 10_000, " ", "\x00", "![i](h://x)"])
def test_hostile_label_names_are_bounded_text(folder: Path, tmp_path: Path, name: str) -> None:
    names = {"0": name, "1": "fine", "2": name}
    path = changed(folder / "three", tmp_path / "hostile", id2label=names, label2id={})
    model = transformers_engine.load(path, threads=1)
    assert isinstance(model, TextClassifier)
    assert model.labels[1] == "fine"
    assert all(label.isprintable() and 0 < len(label) <= 80 for label in model.labels)


@pytest.mark.parametrize(
    "values", [{"num_labels": 10**12}, {"id2label": {str(n): "x" for n in range(20_000)}}]
)
def test_a_config_that_counts_labels_without_end_is_refused_unopened(
    folder: Path, tmp_path: Path, values: dict[str, object]
) -> None:
    with pytest.raises(RefusedModelError, match="labels"):
        inspect_folder(changed(folder / "three", tmp_path / "huge", **values))


def test_a_model_that_answers_with_a_number_is_refused_in_words(
    folder: Path, tmp_path: Path
) -> None:
    path = changed(folder / "one", tmp_path / "stars", problem_type="regression")
    with pytest.raises(RefusedModelError, match="number"):
        transformers_engine.load(path, threads=1)


def test_a_base_model_that_only_claims_to_sort_is_refused(tmp_path: Path) -> None:
    path = make_bert(tmp_path / "base")
    architecture = "BertForSequenceClassification"
    path = changed(path, tmp_path / "claims", architectures=[architecture])
    assert inspect_folder(path).tasks == (SORT,)
    with pytest.raises(RefusedModelError, match="never trained"):
        transformers_engine.load(path, threads=1)


def test_weights_that_give_no_number_are_refused_in_words(
    folder: Path, tmp_path: Path, limits: Settings
) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder / "three", tmp_path / "models" / "broken")
    file = tmp_path / "models" / "broken" / "model.safetensors"
    weights = load_file(file)
    weights["classifier.bias"][:] = float("nan")
    save_file(weights, file, metadata={"format": "pt"})
    here = replace(limits, models_dir=tmp_path / "models")
    laboratory = Lab(build_catalogue(here, starters=tmp_path), here)
    with pytest.raises(RefusedModelError, match="no number"):
        sort(laboratory, model="local/broken")


@pytest.mark.parametrize("text", [TEXT, "a 'quoted' \"text\"\n\\ is late"])
def test_the_script_prints_what_the_lab_gave(sorters: Lab, folder: Path, text: str) -> None:
    result = sort(sorters, text)
    entry = sorters.catalogue.find("local/three")
    script = script_for(Request(SORT, entry.id, text), entry, threads=result.provenance.threads)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.chdir(folder):
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})  # noqa: S102
    rows = [f"{found.probability:.4f} {found.label}" for found in result.labels]
    assert shown.getvalue() == "\n".join([result.output, *rows]) + "\n"


def test_two_models_that_sort_can_be_compared(sorters: Lab) -> None:
    plan = ComparePlan(
        SORT,
        (Candidate("local/three"), Candidate("local/several")),
        (TEXT, "it was late"),
        repeats=2,
        config=TASKS[SORT].config,
    )
    *_, last = compare(sorters, plan)
    frame = to_frame(last.measured)
    assert len(frame) == plan.runs
    assert all(run.result.labels for run in last.measured)
    for finding in (latency_finding, length_finding, trade_off_finding):
        assert finding(frame)
    assert len(summarise(frame)) == 2
    assert to_csv(frame, plan)


def test_what_is_compared_is_what_writes_and_what_sorts() -> None:
    assert set(COMPARED) == {*WRITING, SORT}
