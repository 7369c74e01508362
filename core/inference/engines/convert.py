"""Convert a model for CTranslate2: `python -m ...engines.convert SOURCE TARGET PRECISION`.

A program of its own, so that torch and transformers never enter the lab's memory, which is given
back when it ends, and so that no crash of a conversion is a crash of the lab. It ends when its
standard input closes, which happens when whoever started it dies.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.inference.engines.converted_model import GenerationRules, ModelFacts, write_manifest
from core.processes import make_way

# What a model's generation settings may hold besides the rules that the engine keeps, and still
# give the same greedy answer.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "repetition_penalty": (None, 1, 1.0),
    "encoder_repetition_penalty": (None, 1, 1.0),
    "encoder_no_repeat_ngram_size": (None, 0),
    "exponential_decay_length_penalty": (None,),
    "begin_suppress_tokens": (None, []),
    "guidance_scale": (None, 1, 1.0),
    "penalty_alpha": (None, 0, 0.0),
    "dola_layers": (None,),
    "sequence_bias": (None, {}, []),
    "stop_strings": (None, [], ""),
    "max_time": (None,),
    "watermarking_config": (None,),
    "forced_decoder_ids": (None, []),
}


# Processors without VNNI instructions add two products of 8-bit numbers in 16 bits, which must not
# overflow: 2 x 255 x 64 does not. With weights up to 127 a T5 starter lost 8 points there.
_LARGEST_WEIGHT = 64


class NotConvertible(Exception):
    """The engine could not answer as the model is meant to."""


def convert(source: Path, target: Path, precision: str) -> ModelFacts:
    """Write the model in `source` to the new folder `target`, its manifest last.

    Raises:
        NotConvertible: the engine knows no such model, or could not keep to its settings.
    """
    from ctranslate2.converters import TransformersConverter

    kept: dict[str, Any] = {}

    class Converter(TransformersConverter):  # type: ignore[misc]
        def _load(self) -> Any:
            spec = super()._load()
            # The engine wants each to be some token; prompts and ends are told by id.
            for name in ("bos_token", "eos_token", "unk_token"):
                if getattr(spec.config, name, "") is None:
                    setattr(spec.config, name, kept["tokenizer"].convert_ids_to_tokens(0))
            return spec

        def load_model(self, kind: Any, name: str, **options: Any) -> Any:
            model = kind.from_pretrained(
                name,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                **options,
            )
            # Transformers 5 no longer names what its BART always does.
            if not hasattr(model.config, "normalize_before"):
                model.config.normalize_before = False
            start = model.generation_config.decoder_start_token_id
            if start is not None:
                model.config.decoder_start_token_id = start
            kept["model"] = model
            return model

        def load_tokenizer(self, kind: Any, name: str, **options: Any) -> Any:
            kept["tokenizer"] = kind.from_pretrained(
                name, trust_remote_code=False, local_files_only=True, **options
            )
            return kept["tokenizer"]

    spec = Converter(str(source))._load()
    spec.validate()
    spec.optimize(quantization=None if precision == "int8" else precision)
    if precision == "int8":
        quantize(spec)
    target.mkdir()
    spec.save(str(target))
    facts = _facts(kept["model"], kept["tokenizer"])
    if _write_tokenizer(kept["tokenizer"], source, target):
        facts = replace(facts, light_tokenizer=True)
    write_manifest(target, facts, precision=precision, source=source)
    return facts


def quantize(spec: Any) -> None:
    """Round the weights in `spec` to 8-bit integers, each row with a scale of its own.

    As the library does it, but for the largest integer, so that every processor gives the same
    products.
    """
    import numpy as np
    from ctranslate2.specs.model_spec import NumpyVariable, Variable, visit_spec

    def round_weights(layer: Any, name: str, value: Any) -> None:
        key = name.rpartition("/")[2]
        if not isinstance(value, Variable) or not hasattr(layer, f"{key}_scale"):
            return
        weights = value.to("float32").numpy()
        rows = weights.reshape(weights.shape[0], -1)
        largest = np.abs(rows).max(axis=1)
        # A row of zeros stays one.
        scale = _LARGEST_WEIGHT / np.where(largest == 0, 1, largest)
        rounded = np.rint(rows * scale[:, None]).astype(np.int8)
        setattr(layer, key, NumpyVariable(rounded.reshape(weights.shape)))
        setattr(layer, f"{key}_scale", NumpyVariable(scale.astype(np.float32)))

    visit_spec(spec, round_weights)


def _write_tokenizer(tokenizer: Any, source: Path, target: Path) -> bool:
    """Write the tokenizer as transformers reads it, unless the model's own file says just that.

    Tell whether there is now a tokenizer that needs no transformers.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return False
    backend.no_truncation()
    backend.no_padding()
    read = json.loads(backend.to_str())
    own = source / "tokenizer.json"
    stored = json.loads(own.read_text(encoding="utf-8")) if own.is_file() else {}
    if read != {**stored, "truncation": None, "padding": None}:
        backend.save(str(target / own.name), pretty=False)
    return True


def _facts(model: Any, tokenizer: Any) -> ModelFacts:
    from core.inference.engines.transformers_model import context_of

    settings = model.generation_config
    for name, allowed in _NEUTRAL.items():
        value = getattr(settings, name, None)
        if value not in allowed:
            raise NotConvertible(f"its settings ask for {name} = {value}")
    encodes = bool(model.config.is_encoder_decoder)
    rules = GenerationRules(
        ends=_ids(settings.eos_token_id),
        suppressed=(*_ids(settings.suppress_tokens), *_single(settings.bad_words_ids)),
        first=settings.forced_bos_token_id,
        last=settings.forced_eos_token_id,
        min_length=settings.min_length or 0,
        no_repeat_ngram=settings.no_repeat_ngram_size or 0,
    )
    if not rules.ends:
        raise NotConvertible("it has no token that ends a text")
    if isinstance(rules.last, list):
        raise NotConvertible("its settings ask for several forced_eos_token_id")
    if not encodes and (rules.min_length or rules.no_repeat_ngram or rules.first is not None):
        raise NotConvertible("its settings count the prompt's tokens")
    return ModelFacts(
        model_type=model.config.model_type,
        encodes=encodes,
        context=context_of(model.config),
        state_bytes=_state_bytes(model.config),
        eos_id=tokenizer.eos_token_id,
        pad_id=tokenizer.pad_token_id,
        light_tokenizer=False,
        rules=rules,
    )


def _state_bytes(config: Any) -> int:
    """Return what keys and values of one token take: 4 bytes a number, in every decoder layer."""
    layers = getattr(config, "num_decoder_layers", None) or getattr(config, "decoder_layers", None)
    return 2 * 4 * int(layers or config.num_hidden_layers) * int(config.hidden_size)


def _ids(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    return tuple(map(int, value)) if isinstance(value, Sequence) else (int(value),)


def _single(sequences: Any) -> tuple[int, ...]:
    if any(len(sequence) != 1 for sequence in sequences or ()):
        raise NotConvertible("its settings ask for bad_words_ids of several tokens")
    return tuple(int(sequence[0]) for sequence in sequences or ())


def _end_with_the_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def main(arguments: Sequence[str]) -> int:
    """Convert, or say why not in one line; return the exit status."""
    source, target, precision = arguments
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    make_way()
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        convert(Path(source), Path(target), precision)
    # Foreign files can make the libraries fail in any way: whatever it is, it is told in one line.
    except Exception as error:  # noqa: BLE001
        words = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(words[:200], file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
