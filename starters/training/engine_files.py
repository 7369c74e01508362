"""What a starter brings besides its weights, so that the fast engines run it at the first click."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from core.inference.engines.conversion import shipped_name
from core.inference.engines.convert import convert
from starters.training.gguf_file import PRECISIONS, write_gguf


def write_engine_files(folder: Path) -> None:
    """Write the model that lies finished in `folder` once more for llama.cpp or CTranslate2.

    The same weights and library versions give the same files.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] == "gpt2":
        for precision in PRECISIONS:
            write_gguf(folder, folder / f"{folder.name}-{precision}.gguf", precision)
    if config["model_type"] == "t5":
        target = folder / shipped_name("int8")
        shutil.rmtree(target, ignore_errors=True)
        convert(folder, target, "int8")
