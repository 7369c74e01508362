"""Write a finished model as a folder that plain transformers loads."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import torch
import transformers
from transformers import PreTrainedTokenizerBase

from starters.training.engine_files import write_engine_files
from starters.training.loop import Run
from starters.training.recipes import MODELS
from starters.training.stream import CHUNK_BATCHES


def export(run: Run, *, folder: Path | None = None) -> Path:
    """Write weights, tokenizer, configuration, training record and the files of fast engines.

    The weights are stored in float16. Returns the folder.
    """
    folder = folder or MODELS / run.recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    _write_model(run, folder)
    (folder / "model.safetensors").chmod(0o644)
    _write_tokenizer(run.tokenizer, folder)
    recipe = run.recipe
    seen = run.step * recipe.batch_size
    record = {
        "steps": run.step,
        "planned_steps": recipe.steps,
        "examples_seen": seen,
        "different_examples": min(seen, recipe.distinct_chunks * CHUNK_BATCHES * recipe.batch_size),
        "minutes": round(run.trained_s / 60, 1),
        "parameters": run.model.num_parameters(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    text = json.dumps(record, indent=2) + "\n"
    (folder / "training.json").write_text(text, encoding="utf-8")
    write_engine_files(folder)
    return folder


def _write_model(run: Run, folder: Path) -> None:
    deepcopy(run.model).half().save_pretrained(folder)
    if run.recipe.architecture != "bert":
        return
    # As the original is stored: for finding words, with the pooler that sorting texts starts from.
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"architectures": ["BertForMaskedLM"]}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write the tokenizer without white space, and its configuration without local settings."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")
    path = folder / "tokenizer_config.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: state[key] for key in state.keys() - {"backend", "is_local", "local_files_only"}}
    # The name that every version of transformers knows for "what tokenizer.json says".
    kept["tokenizer_class"] = "PreTrainedTokenizerFast"
    # Older versions would add token types, which neither family takes.
    kept["model_input_names"] = ["input_ids", "attention_mask"]
    text = json.dumps(kept, indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")
