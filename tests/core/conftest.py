"""Real models of random weights, made once, and a lab that knows them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalogue import build_catalogue
from core.inference.engines import transformers_engine
from core.inference.engines.transformers_model import TransformersModel
from core.inference.lab import Lab
from core.settings import Settings
from tests.random_models import make_gpt2, make_t5

STORY, TWIN, T5 = "local/story", "local/twin", "local/t5"


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models directory with two GPT-2 and one T5."""
    folder = tmp_path_factory.mktemp("models")
    make_gpt2(folder / "story", spread=0.3)
    shutil.copytree(folder / "story", folder / "twin")
    make_t5(folder / "t5", spread=2.0)
    return folder


@pytest.fixture(scope="session")
def limits(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        memory_limit_bytes=2**33,  # tests and models share one process
        memory_budget_bytes=2**28,
        threads=1,
        models_dir=models_dir,
        cache_dir=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture
def lab(limits: Settings, tmp_path: Path) -> Lab:
    """A lab of its own for each test: nothing is loaded yet."""
    return Lab(build_catalogue(limits, starters=tmp_path), limits)


@pytest.fixture(scope="session")
def gpt2(models_dir: Path) -> TransformersModel:
    return transformers_engine.load(models_dir / "story", threads=1)


@pytest.fixture(scope="session")
def t5(models_dir: Path) -> TransformersModel:
    return transformers_engine.load(models_dir / "t5", threads=1)


@pytest.fixture(scope="session")
def plain(models_dir: Path) -> Callable[..., str]:
    """What transformers itself answers: `plain("story", text, max_new_tokens=...)`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    def answer(name: str, text: str, *, seed: int = 0, **options: Any) -> str:
        folder = models_dir / name
        auto = AutoModelForSeq2SeqLM if name == "t5" else AutoModelForCausalLM
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = auto.from_pretrained(folder, dtype=torch.float32)
        inputs = tokenizer(text, return_tensors="pt")
        torch.manual_seed(seed)
        output = model.generate(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **options
        )[0]
        new = output if name == "t5" else output[inputs["input_ids"].shape[1] :]
        return str(tokenizer.decode(new, skip_special_tokens=True))

    return answer
