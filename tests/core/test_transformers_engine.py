"""The reference engine gives what transformers gives, stops when told and cuts what is too long."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInputError, RefusedModelError
from core.inference.engines.transformers_engine import load
from core.inference.engines.transformers_model import TransformersModel
from core.inference.types import Chunk, GenerationConfig, Prompt, Task
from core.settings import ROOT
from tests.random_models import make_gpt2, make_t5

STORY, SUM_UP, FRENCH = Task.TEXT_GENERATION, Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR
TEXT = "Once upon a time in AI world,"


def run(
    model: TransformersModel,
    text: str = TEXT,
    task: Task = STORY,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    on_chunk: Callable[[Chunk], None] = lambda _: None,
    **config: Any,
) -> tuple[str, int, Prompt]:
    """Return the text, the number of its tokens, and the prompt as it was read."""
    settings = GenerationConfig(**{"max_new_tokens": 30, **config})
    prompt = model.read(task, text, settings)
    chunks: list[Chunk] = []

    def emit(chunk: Chunk) -> None:
        chunks.append(chunk)
        on_chunk(chunk)

    model.generate(prompt, settings, emit=emit, cancelled=cancelled)
    text = "".join(chunk.text for chunk in chunks)
    return text, sum(chunk.tokens for chunk in chunks), prompt


@pytest.mark.parametrize("text", [TEXT, "a", "é 🤖 שלום", "line\nline\n", " spaces  "])
def test_greedy_text_is_what_transformers_gives(
    gpt2: TransformersModel, plain: Callable[..., str], text: str
) -> None:
    assert run(gpt2, text)[0] == plain("story", text, max_new_tokens=30, do_sample=False)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.7, 0.9), (2.0, 0.5), (5, 1.0)])
def test_sampled_text_is_what_transformers_gives_after_the_same_seed(
    gpt2: TransformersModel, plain: Callable[..., str], seed: int, temperature: float, top_p: float
) -> None:
    theirs = plain(
        "story",
        TEXT,
        seed=seed,
        max_new_tokens=30,
        do_sample=True,
        temperature=float(temperature),
        top_p=top_p,
        top_k=0,
    )
    assert run(gpt2, seed=seed, temperature=temperature, top_p=top_p)[0] == theirs


@pytest.mark.parametrize(
    ("task", "prefix"), [(SUM_UP, "summarize: "), (FRENCH, "translate English to French: ")]
)
def test_a_t5_is_told_its_task_and_gives_what_transformers_gives(
    t5: TransformersModel, plain: Callable[..., str], task: Task, prefix: str
) -> None:
    greedy = plain("t5", prefix + TEXT, max_new_tokens=20, do_sample=False)
    assert run(t5, TEXT, task, max_new_tokens=20)[0] == greedy
    for seed in (0, 7):
        sampled = plain(
            "t5",
            prefix + TEXT,
            seed=seed,
            max_new_tokens=20,
            do_sample=True,
            temperature=1.3,
            top_p=0.9,
            top_k=0,
        )
        settings = {"max_new_tokens": 20, "seed": seed, "temperature": 1.3, "top_p": 0.9}
        assert run(t5, TEXT, task, **settings)[0] == sampled


def test_a_seed_reproduces_while_others_sample_on_other_models(
    gpt2: TransformersModel, models_dir: Path
) -> None:
    alone = [run(gpt2, seed=seed, temperature=1.0)[0] for seed in range(5)]
    assert len(set(alone)) == 5
    others = [load(models_dir / "twin", threads=1) for _ in range(4)]
    stop = threading.Event()

    def disturb(model: TransformersModel) -> None:
        while not stop.is_set():
            run(model, temperature=1.0, seed=3)

    threads = [threading.Thread(target=disturb, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        again = [run(gpt2, seed=seed, temperature=1.0)[0] for seed in range(5)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert again == alone


@pytest.mark.parametrize("settings", [{"temperature": 0.01}, {"temperature": 5, "top_p": 0.01}])
def test_the_extremes_of_sampling_answer(
    gpt2: TransformersModel, settings: dict[str, float]
) -> None:
    assert run(gpt2, **settings)[1] >= 1


@pytest.mark.parametrize("temperature", [-1, 1e-9, 1e-40, 5.1, float("nan"), float("inf")])
def test_a_temperature_that_cannot_be_computed_is_refused_in_words(temperature: float) -> None:
    with pytest.raises(BadInputError, match="temperature is"):
        GenerationConfig(temperature=temperature)


def test_a_model_s_own_settings_change_nothing_of_how_it_is_asked(
    models_dir: Path, tmp_path: Path, gpt2: TransformersModel
) -> None:
    folder = shutil.copytree(models_dir / "story", tmp_path / "opinionated")
    file = folder / "generation_config.json"
    own = {"do_sample": True, "temperature": 0.3, "top_k": 2, "top_p": 0.1, "num_beams": 4}
    own |= {"max_length": 7, "num_return_sequences": 3, "early_stopping": True}
    file.write_text(json.dumps({**json.loads(file.read_text()), **own}))
    model = load(folder, threads=1)
    for settings in ({}, {"temperature": 1.2, "seed": 5}):
        assert run(model, **settings)[:2] == run(gpt2, **settings)[:2]


def test_sampling_leaves_the_generator_that_all_share_alone(gpt2: TransformersModel) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(gpt2, temperature=1.0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("stop_after", [1, 5])
@pytest.mark.parametrize("name", ["gpt2", "t5"])
def test_after_stop_at_most_one_more_token_is_counted(
    request: pytest.FixtureRequest, name: str, stop_after: int
) -> None:
    model = request.getfixturevalue(name)
    stop, seen = threading.Event(), []

    def count(chunk: Chunk) -> None:
        seen.extend([chunk] * chunk.tokens)
        if len(seen) == stop_after:
            stop.set()

    task = STORY if name == "gpt2" else SUM_UP
    settings = {"max_new_tokens": 60, "ignore_end": True}
    _, tokens, _ = run(model, TEXT, task, cancelled=stop.is_set, on_chunk=count, **settings)
    assert stop_after <= tokens <= stop_after + 1


def test_stop_leaves_a_long_prompt_before_all_layers_ran(tmp_path: Path) -> None:
    model = load(make_gpt2(tmp_path / "deep", layers=6), threads=1)
    stop, layers = threading.Event(), []

    def count(*_: Any) -> None:
        layers.append(1)
        if len(layers) == 2:
            stop.set()

    for block in model._model.transformer.h:
        block.register_forward_hook(count)
    text, tokens, _ = run(model, "robot " * 500, cancelled=stop.is_set)
    assert len(layers) == 2
    assert (text, tokens) == ("", 0)
    layers.clear()
    stop.clear()
    assert run(model, max_new_tokens=1)[1] == 1  # and it answers the next
    assert len(layers) == 6


def test_a_run_cancelled_before_it_starts_computes_nothing(gpt2: TransformersModel) -> None:
    assert run(gpt2, cancelled=lambda: True)[:2] == ("", 0)
    assert run(gpt2, max_new_tokens=3, ignore_end=True)[1] == 3


def test_a_prompt_beyond_the_context_keeps_its_end_and_says_so(gpt2: TransformersModel) -> None:
    ids = gpt2.tokenizer.encode("robot " * 300 + "the last words")
    text, tokens, prompt = run(gpt2, "robot " * 300 + "the last words", ignore_end=True)
    assert prompt.ids == tuple(ids[-98:])
    assert f"{len(ids):,} tokens" in prompt.notices[0]
    assert "at the beginning were left out" in prompt.notices[0]
    assert tokens == 30
    assert text


def test_a_source_beyond_the_context_keeps_its_beginning_and_says_so(
    t5: TransformersModel,
) -> None:
    _, tokens, prompt = run(t5, "robot " * 300, SUM_UP)
    assert len(prompt.ids) == 64
    assert prompt.ids[-1] == t5.tokenizer.eos_id
    assert "at the end were left out" in prompt.notices[0]
    assert tokens >= 1


@pytest.mark.parametrize("text", [TEXT, "robot " * 300])
@pytest.mark.parametrize("asked", [100, 128, 4096])
def test_a_long_answer_never_pushes_out_more_than_half_of_the_context(
    gpt2: TransformersModel, text: str, asked: int
) -> None:
    _, tokens, prompt = run(gpt2, text, max_new_tokens=asked, temperature=3.0)
    assert len(prompt.ids) == min(len(gpt2.tokenizer.encode(text)), 64)
    assert 1 <= tokens <= 128 - len(prompt.ids)
    room = f"room for {128 - len(prompt.ids)} tokens"
    assert any(room in notice for notice in prompt.notices) == (asked > 128 - len(prompt.ids))


def test_what_fits_is_read_whole_without_a_notice(gpt2: TransformersModel) -> None:
    prompt = gpt2.read(STORY, TEXT, GenerationConfig(max_new_tokens=60))
    assert prompt == Prompt(tuple(gpt2.tokenizer.encode(TEXT)))


@pytest.mark.parametrize("length", [1, 40, 100])
@pytest.mark.parametrize("settings", [{}, {"temperature": 1.5, "seed": 4}])
def test_ignoring_the_end_gives_exactly_the_asked_length(
    gpt2: TransformersModel, length: int, settings: dict[str, Any]
) -> None:
    # A bias towards the end makes sure that the model wants to end at once.
    import torch

    wants_to_end = torch.zeros(gpt2._model.config.vocab_size)
    wants_to_end[gpt2.tokenizer.eos_id] = 1000.0
    hook = gpt2._model.lm_head.register_forward_hook(lambda _, __, scores: scores + wants_to_end)
    try:
        assert run(gpt2, max_new_tokens=length, **settings)[1] == 1
        assert run(gpt2, max_new_tokens=length, ignore_end=True, **settings)[1] == length
    finally:
        hook.remove()


def test_ignoring_the_end_gives_exactly_the_asked_length_from_a_t5(t5: TransformersModel) -> None:
    assert run(t5, TEXT, FRENCH, max_new_tokens=33, ignore_end=True)[1] == 33


def test_text_without_any_known_character_is_refused_in_words(
    models_dir: Path, tmp_path: Path
) -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    folder = shutil.copytree(models_dir / "story", tmp_path / "words")
    words = Tokenizer(models.BPE({"a": 0, "b": 1, "<e>": 2}, []))
    PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<e>").save_pretrained(folder)
    model = load(folder, threads=1)
    assert run(model, "ab")[1] >= 1
    with pytest.raises(BadInputError, match="none of the characters"):
        run(model, "🤖")


def test_a_model_whose_files_are_deleted_still_answers(tmp_path: Path) -> None:
    folder = make_gpt2(tmp_path / "gone")
    model = load(folder, threads=1)
    before = run(model)[0]
    shutil.rmtree(folder)
    assert run(model)[0] == before


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("tokenizer.json", b"{"),
        ("tokenizer.json", b"\x00\xff"),
        ("tokenizer.json", b'{"model": {"type": "Unknown"}}'),
        ("tokenizer_config.json", b"[]"),
        ("config.json", b'{"model_type": "no-such-type"}'),
        ("config.json", b'{"model_type": "gpt2", "n_layer": -1}'),
        ("config.json", b'{"model_type": "gpt2", "n_embd": "wide"}'),
        ("generation_config.json", b"{"),
        ("model.safetensors", b"\x00" * 100),
        ("model.safetensors", b""),
    ],
)
def test_a_broken_file_is_refused_in_words(
    models_dir: Path, tmp_path: Path, file: str, content: bytes
) -> None:
    folder = shutil.copytree(models_dir / "story", tmp_path / "broken")
    (folder / file).write_bytes(content)
    if file == "generation_config.json":  # transformers makes do without it
        assert run(load(folder, threads=1))[1] >= 1
        return
    with pytest.raises(RefusedModelError, match="broken could not be loaded") as caught:
        load(folder, threads=1)
    assert caught.value.next_step
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("file", ["tokenizer.json", "config.json", "model.safetensors"])
def test_a_missing_file_is_refused_in_words(models_dir: Path, tmp_path: Path, file: str) -> None:
    folder = shutil.copytree(models_dir / "story", tmp_path / "partial")
    (folder / file).unlink()
    with pytest.raises(RefusedModelError, match="partial could not be loaded"):
        load(folder, threads=1)


def test_code_in_a_model_folder_is_never_run(models_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models_dir / "story", tmp_path / "evil")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    for name, key in [("config.json", "AutoModelForCausalLM"), ("tokenizer_config.json", "x")]:
        settings = json.loads((folder / name).read_text())
        auto = {key: "evil.Model", "AutoConfig": "evil.C", "AutoTokenizer": ["evil.T", "evil.T"]}
        (folder / name).write_text(json.dumps({**settings, "auto_map": auto, "model_type": "evil"}))
    with pytest.raises(RefusedModelError):
        load(folder, threads=1)
    assert not (tmp_path / "ran").exists()


def test_a_half_precision_model_is_computed_in_full_precision(
    models_dir: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = shutil.copytree(models_dir / "story", tmp_path / "half")
    AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
    model = load(folder, threads=1)
    assert {p.dtype for p in model._model.parameters()} == {torch.float32}
    assert model.memory_bytes == 4 * sum(p.numel() for p in model._model.parameters())


def test_models_may_be_loaded_side_by_side_before_anything_is_imported(tmp_path: Path) -> None:
    """In a fresh process, where the first imports of the library happen in all threads at once."""
    make_gpt2(tmp_path / "story")
    make_t5(tmp_path / "t5")
    program = f"""
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from core.inference.engines.transformers_engine import load, prepare
together = threading.Barrier(6)
def one(number):
    together.wait()
    if number == 0:
        return prepare()
    return load(Path({str(tmp_path)!r}) / ("story", "t5")[number % 2], threads=1)
with ThreadPoolExecutor(6) as threads:
    print(len(list(threads.map(one, range(6)))))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "6", ran.stderr


@pytest.mark.parametrize("temperature", [0.0, 1.3])
def test_alternatives_are_the_models_own_probabilities_and_change_no_text(
    gpt2: TransformersModel, temperature: float
) -> None:
    settings = GenerationConfig(max_new_tokens=12, temperature=temperature, alternatives=3)
    prompt = gpt2.read(STORY, TEXT, settings)
    chunks: list[Chunk] = []
    gpt2.generate(prompt, settings, emit=chunks.append, cancelled=lambda: False)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert len(choices) == sum(chunk.tokens for chunk in chunks)
    for choice in choices:
        odds = [probability for _, probability in choice.alternatives]
        assert len(odds) == 3
        assert odds == sorted(odds, reverse=True)
        assert 0 < choice.probability <= odds[0] or temperature > 0
        assert sum(odds) <= 1.001
    text = "".join(chunk.text for chunk in chunks)
    assert text == run(gpt2, temperature=temperature, max_new_tokens=12)[0]
