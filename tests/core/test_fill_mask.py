"""A model of BERT's kind fills one gap in a text, as plain transformers does."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import pipelines
from core.catalogue import build_catalogue
from core.comparing import to_frame
from core.errors import BadInputError, RefusedModelError, UnsupportedTaskError
from core.inference.engines import transformers_engine
from core.inference.engines.filling_mask import GapFiller
from core.inference.inputs import GAP, require_one_gap, spell_gap
from core.inference.lab import Lab
from core.inference.reading import read_gap
from core.inference.tasks import TASKS, WRITING
from core.inference.types import Chunk, GenerationConfig, Request, Result, Runtime, Task
from core.inference.variants import INT8, REFERENCE, variants_of
from core.model_folder import inspect_folder
from core.settings import Settings
from core.show_code import script_for
from tests.random_bert import make_bert

FILL = Task.FILL_MASK
TEXT = "The battery is [MASK], but I was very unhappy!"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("berts")
    make_bert(models / "bert")
    make_bert(models / "other", mask="<mask>")
    return models


@pytest.fixture
def berts(folder: Path, limits: Settings, tmp_path: Path) -> Lab:
    here = replace(limits, models_dir=folder)
    return Lab(build_catalogue(here, starters=tmp_path), here)


@pytest.fixture(scope="module")
def bert(folder: Path) -> GapFiller:
    model = transformers_engine.load(folder / "bert", threads=1)
    assert isinstance(model, GapFiller)
    return model


def fill(laboratory: Lab, text: str, *, model: str = "local/bert") -> Result:
    return laboratory.run(Request(FILL, model, text, TASKS[FILL].config))


def plainly(path: Path, text: str, **options: object) -> list[dict]:
    import torch
    from transformers import pipeline

    return pipeline("fill-mask", str(path), dtype=torch.float32, device="cpu")(text, **options)


def test_a_masked_language_model_is_known_by_its_architecture(folder: Path) -> None:
    assert inspect_folder(folder / "bert").tasks == (FILL,)


def test_only_the_reference_engine_fills_gaps(berts: Lab) -> None:
    entry = berts.catalogue.find("local/bert")
    assert [variant.runtime for variant in variants_of(entry)] == [REFERENCE]
    # Not even where the same network, as a decoder, could be converted.
    assert [v.runtime for v in variants_of(replace(entry, model_type="gpt2"))] == [REFERENCE]


@pytest.mark.parametrize("runtime", [INT8, Runtime(REFERENCE.engine, "int8")])
def test_another_engine_is_refused_in_words(berts: Lab, runtime: Runtime) -> None:
    with pytest.raises(UnsupportedTaskError):
        berts.submit(Request(FILL, "local/bert", TEXT, runtime=runtime))


@pytest.mark.parametrize("model", ["bert", "other"])
def test_the_words_are_those_of_plain_transformers(berts: Lab, folder: Path, model: str) -> None:
    result = fill(berts, TEXT, model=f"local/{model}")
    mask = "<mask>" if model == "other" else GAP
    expected = plainly(folder / model, TEXT.replace(GAP, mask))
    assert [found.token for found in result.fillings] == [row["token"] for row in expected]
    assert [found.word for found in result.fillings] == [row["token_str"] for row in expected]
    assert [found.sentence for found in result.fillings] == [row["sequence"] for row in expected]
    scores = [row["score"] for row in expected]
    assert [found.probability for found in result.fillings] == pytest.approx(scores, rel=1e-5)
    assert result.output == result.fillings[0].sentence
    assert (result.tokens_out, result.choices, result.stopped) == (1, (), False)
    assert result.timing.ttft_s > 0


def test_the_pipeline_returns_what_transformers_returns(
    berts: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "lab", lambda: berts)
    filler = pipelines.pipeline("fill-mask", "local/bert")
    for options in ({}, {"top_k": 1}, {"top_k": 7}):
        answer, expected = filler(TEXT, **options), plainly(folder / "bert", TEXT, **options)
        assert [list(row) for row in answer] == [list(row) for row in expected]
        assert [row["sequence"] for row in answer] == [row["sequence"] for row in expected]
    assert filler([TEXT]) == filler(TEXT)
    assert filler([TEXT, "[MASK] is late."]) == [filler(TEXT), filler("[MASK] is late.")]
    for wrong in (0, -1, 11):
        with pytest.raises(BadInputError):
            filler(TEXT, top_k=wrong)


@pytest.mark.parametrize("spelled", ["[MASK]", "[mask]", "<mask>", "<MASK>", "[Mask]"])
@pytest.mark.parametrize("model", ["local/bert", "local/other"])
def test_every_spelling_of_the_gap_means_the_same(berts: Lab, model: str, spelled: str) -> None:
    answers = fill(berts, TEXT.replace(GAP, spelled), model=model).fillings
    assert answers == fill(berts, TEXT, model=model).fillings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The battery is great.", "no gap"),
        ("The battery is MASK.", "no gap"),
        ("The [MASK] is <mask>.", "2 gaps"),
        (" ".join([GAP] * 300), "300 gaps"),
    ],
)
def test_a_text_without_one_gap_is_refused_with_the_way_to_write_it(
    berts: Lab, text: str, said: str
) -> None:
    with pytest.raises(BadInputError, match=said) as refusal:
        fill(berts, text)
    assert GAP in refusal.value.next_step


@given(before=st.integers(0, 300), after=st.integers(0, 300))
def test_a_long_text_keeps_its_gap_its_ends_and_as_much_as_fits(
    bert: GapFiller, before: int, after: int
) -> None:
    text = " ".join(["late"] * before + [GAP] + ["good"] * after)
    whole = bert.tokenizer.encode(text)
    prompt = bert.read(FILL, text, GenerationConfig())
    assert len(prompt.ids) == min(len(whole), 64)
    assert (prompt.ids[0], prompt.ids[-1]) == (whole[0], whole[-1])
    mask = bert.tokenizer.mask
    assert mask
    assert prompt.ids.count(mask[1]) == 1
    assert bool(prompt.notices) == (len(whole) > 64)
    gap = prompt.ids.index(mask[1])
    # Context is cut first from the side that has more of it.
    assert gap - 1 >= min(before, 31)
    assert 64 - 2 - gap >= min(after, 30) or len(whole) <= 64


@given(st.text(), st.sampled_from(["[MASK]", "<mask>", "<special1>", "?"]))
def test_spelling_a_gap_changes_nothing_else(text: str, mask: str) -> None:
    spelled = spell_gap(text, mask)
    if all(known not in text.lower() for known in ("[mask]", "<mask>", mask.lower())):
        assert spelled == text
    assert spell_gap(spelled, mask) == spelled


def test_one_gap_is_no_reason_to_refuse() -> None:
    require_one_gap(1)


def test_a_context_of_hardly_anything_still_holds_the_gap(bert: GapFiller) -> None:
    mask = bert.tokenizer.mask
    assert mask
    prompt = read_gap(bert.tokenizer, f"late {GAP} late", mask_id=mask[1], context=3)
    assert prompt.ids[1] == mask[1]


def test_stop_leaves_the_network_and_hands_nothing_on(bert: GapFiller) -> None:
    prompt = bert.read(FILL, TEXT, GenerationConfig())
    asked, chunks = [], list[Chunk]()

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 1

    bert.generate(prompt, GenerationConfig(), emit=chunks.append, cancelled=cancelled)
    assert (chunks, len(asked)) == ([], 2)
    bert.generate(prompt, GenerationConfig(), emit=chunks.append, cancelled=lambda: False)
    assert len(chunks) == 1


def test_a_tokenizer_without_a_gap_is_refused(folder: Path, tmp_path: Path) -> None:
    import json
    import shutil

    broken = shutil.copytree(folder / "bert", tmp_path / "broken")
    settings = json.loads((broken / "tokenizer_config.json").read_text())
    del settings["mask_token"]
    (broken / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(RefusedModelError, match="gap"):
        transformers_engine.load(broken, threads=1)


@pytest.mark.parametrize("text", [TEXT, "a 'quoted' \"[mask]\"\n\\ is late", "It is <mask>."])
@pytest.mark.parametrize("model", ["bert", "other"])
def test_the_script_prints_what_the_lab_gave(
    berts: Lab, folder: Path, model: str, text: str
) -> None:
    result = fill(berts, text, model=f"local/{model}")
    entry = berts.catalogue.find(f"local/{model}")
    request = Request(FILL, entry.id, text, TASKS[FILL].config)
    script = script_for(request, entry, threads=result.provenance.threads)
    assert "MODEL = " in script
    # From where the folder is, as a student would run it.
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.chdir(folder):
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})  # noqa: S102
    rows = [f"{found.probability:.4f} {found.word}" for found in result.fillings]
    assert shown.getvalue() == "\n".join([result.output, *rows]) + "\n"


def test_a_hub_model_is_named_with_its_revision(berts: Lab) -> None:
    entry = replace(berts.catalogue.find("local/bert"), path=None, revision="abc", id="a/b")
    script = script_for(Request(FILL, "a/b", TEXT), entry, threads=1)
    assert "MODEL = 'a/b'" in script
    assert "revision='abc'" in script
    compile(script, "script", "exec")


def test_the_tasks_that_write_are_all_the_others() -> None:
    assert set(WRITING) == set(Task) - {FILL, Task.TEXT_CLASSIFICATION}
    assert set(TASKS) == set(Task)
    for _, text in TASKS[FILL].examples:
        assert text.count(GAP) == 1


def test_no_figure_of_a_comparison_minds_a_filled_gap(berts: Lab) -> None:
    from core.comparing import Candidate, Measured

    run = Measured(Candidate("local/bert"), 1, 1, TEXT, fill(berts, TEXT))
    assert len(to_frame([run])) == 1


def test_the_starter_fills_a_gap_where_no_model_is_named() -> None:
    filled = pipelines.pipeline("fill-mask")("I love this coffee, it [MASK] so good!")
    assert len(filled) == 5
    assert str(filled[0]["sequence"]).endswith("it is so good!")


def test_without_a_model_of_the_labs_own_one_has_to_be_named() -> None:
    with pytest.raises(UnsupportedTaskError, match=r"ships no model for text-class.*Name one"):
        pipelines.pipeline("text-classification")
