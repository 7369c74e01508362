"""Networks that sort texts into labels: built from a base model, trained in part or as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import RefusedModelError
from core.finetuning.batches import Encoder, batches_by_length, padded
from core.finetuning.types import Guess, Method, TrainingSettings
from core.inference.engines.token_by_token import never

_SAFE: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
_GUESSED_AT_ONCE = 32
_TOKENS_GUESSED_AT_ONCE = 1024
_LORA_RANK = 8
# A base model may leave its pooler to be learned; more than that means that the files do not fit.
_MOST_NEW_SHARE = 0.25
# These count positions from behind the padding token.
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "xlm-roberta-xl"}
_MANY_TOKENS = 512
_ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout")


class GuessingStopped(Exception):
    """Somebody asked to stop in the middle of guessing."""


@dataclass
class Network:
    """A model of transformers with its encoder of texts and the names of its labels.

    `trained` are the weights that training changes.
    """

    model: Any
    encoder: Encoder
    labels: tuple[str, ...]
    trained: list[Any]

    @property
    def trained_parameters(self) -> int:
        """How many numbers training changes."""
        return sum(weight.numel() for weight in self.trained)

    @property
    def parameters(self) -> int:
        """How many numbers the network has, those that training adds included."""
        return sum(weight.numel() for weight in self.model.parameters())

    def guess(
        self,
        texts: Sequence[str],
        *,
        bf16: bool = False,
        keep: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> tuple[Guess, ...]:
        """Return what the network says of each of `texts`.

        `keep` remembers their tokens for the next time.

        Raises:
            GuessingStopped: `cancelled()` became true on the way.
        """
        import torch

        rows = self.encoder.encode(texts, keep=keep)
        said: dict[int, tuple[float, ...]] = {}
        self.model.eval()
        lengths = [len(row) for row in rows]
        at_once = min(_GUESSED_AT_ONCE, _TOKENS_GUESSED_AT_ONCE // max(lengths, default=1))
        for batch in batches_by_length(lengths, max(1, at_once)):
            if cancelled():
                raise GuessingStopped
            inputs = padded([rows[number] for number in batch], self.encoder.pad_id)
            with torch.inference_mode(), autocast(bf16):
                logits = self.model(**inputs).logits
            probabilities = logits.double().softmax(-1).tolist()
            said |= {number: tuple(row) for number, row in zip(batch, probabilities, strict=True)}
        return tuple(Guess(text, said[number]) for number, text in enumerate(texts))

    def save(self, folder: Path) -> None:
        """Write the network to `folder` as plain transformers reads it, adapters merged in."""
        model = self.model.merge_and_unload() if _is_adapted(self.model) else self.model
        model.save_pretrained(folder)
        self.encoder.tokenizer.save_pretrained(folder)


def build_network(
    folder: Path,
    labels: Sequence[str],
    settings: TrainingSettings,
    *,
    encoder: Encoder | None = None,
) -> Network:
    """Return the base model in `folder` with a new head for `labels`, its random part seeded.

    This seeds torch for the whole process. `encoder` is one that was made for the same base.

    Raises:
        RefusedModelError: the files make no model that can sort texts.
    """
    import torch

    quiet()
    torch.manual_seed(settings.seed)
    try:
        encoder = encoder or read_encoder(folder, settings.max_tokens)
        model, new = _model(folder, labels, settings, encoder)
    except RefusedModelError:
        raise
    # Foreign files can make the library fail in any way: whatever it is, the model is refused.
    except Exception as error:
        raise _refused(folder, _first_line(error)) from error
    head = _head(model, new)
    if settings.method is Method.FULL:
        return Network(model, encoder, tuple(labels), list(model.parameters()))
    model.requires_grad_(False)
    if settings.method is Method.LORA:
        model = _with_adapters(model)
    for weight in head:
        weight.requires_grad_(True)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return Network(model, encoder, tuple(labels), trained)


def read_network(folder: Path, *, max_tokens: int = _MANY_TOKENS) -> Network:
    """Return the trained network in `folder`, to guess with.

    Raises:
        RefusedModelError: the files make no model that sorts texts.
    """
    quiet()
    import torch
    from transformers import AutoModelForSequenceClassification

    try:
        encoder = read_encoder(folder, max_tokens)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, **_SAFE
        )
    # As above.
    except Exception as error:
        raise _refused(folder, _first_line(error)) from error
    labels = tuple(str(model.config.id2label[n]) for n in range(model.config.num_labels))
    return Network(model.eval(), encoder, labels, [])


def read_encoder(folder: Path, max_tokens: int) -> Encoder:
    """Return the tokenizer in `folder`, cutting at `max_tokens` or at what the model can read."""
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **_SAFE)
    config = AutoConfig.from_pretrained(folder, **_SAFE)
    if tokenizer.pad_token_id is None:
        raise _refused(folder, "its tokenizer has no token for padding")
    room = getattr(config, "max_position_embeddings", None) or _MANY_TOKENS
    if config.model_type in _OFFSET_POSITIONS:
        room -= int(config.pad_token_id or 0) + 1
    return Encoder(tokenizer, max_tokens=min(max_tokens, room, int(tokenizer.model_max_length)))


def quiet() -> None:
    """Keep the library's progress bars and warnings off the log."""
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def autocast(bf16: bool) -> AbstractContextManager[Any]:
    """Return what lets matrix products be computed in bfloat16, or nothing."""
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16) if bf16 else nullcontext()


def has_bf16() -> bool:
    """Tell whether this processor multiplies bfloat16 natively; emulated it is slower than 32 bits.

    It is read from the processor and not timed: a choice by the clock could give the same settings
    other weights on another day.
    """
    import torch

    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _model(
    folder: Path, labels: Sequence[str], settings: TrainingSettings, encoder: Encoder
) -> tuple[Any, set[str]]:
    """Return the model, and the names of its weights that the base model does not have."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.from_pretrained(
        folder,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        **_SAFE,
    )
    config.problem_type = "single_label_classification"
    # With dropout inside attention torch writes out its whole matrix: slower, and more memory.
    for name in _ATTENTION_DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, 0.0)
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = encoder.pad_id
    if not settings.pretrained:
        fresh = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
        return fresh.float(), set()
    model, loading = AutoModelForSequenceClassification.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        **_SAFE,
    )
    mismatched = (entry[0] for entry in loading["mismatched_keys"])
    new = {*loading["missing_keys"], *mismatched}
    sizes = {name: weight.numel() for name, weight in model.named_parameters()}
    if sum(sizes.get(name, 0) for name in new) > _MOST_NEW_SHARE * sum(sizes.values()):
        raise _refused(folder, "its weights are not those that its config.json describes")
    return model, new


def _head(model: Any, new: set[str]) -> list[Any]:
    """Return the weights that know nothing yet: what stands outside the base model, or is new."""
    inside = f"{model.base_model_prefix}."
    return [
        weight
        for name, weight in model.named_parameters()
        if not name.startswith(inside) or name in new
    ]


def _with_adapters(model: Any) -> Any:
    """Return `model` with low-rank adapters beside its attention, as peft does by default."""
    from peft import LoraConfig, get_peft_model
    from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as usual

    usual_here = usual.get(model.config.model_type)
    targets = list(usual_here) if usual_here else "all-linear"
    config = LoraConfig(r=_LORA_RANK, lora_alpha=2 * _LORA_RANK, target_modules=targets)
    return get_peft_model(model, config)


def _is_adapted(model: Any) -> bool:
    return hasattr(model, "merge_and_unload")


def _refused(folder: Path, why: str) -> RefusedModelError:
    return RefusedModelError(
        f"The base model {folder.name} cannot be trained: {why}.",
        next_step="Choose another base model.",
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
