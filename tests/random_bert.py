"""A real model folder of BERT's architecture with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.inference.engines.transformers_engine import prepare

_TEXT = "the battery is great . the delivery was late but the phone is good . i was very unhappy !"


def make_bert(
    folder: Path,
    *,
    mask: str = "[MASK]",
    layers: int = 2,
    width: int = 32,
    context: int = 64,
    spread: float = 0.3,
    labels: Sequence[str] = (),
    **options: Any,
) -> Path:
    """Write a BERT with random weights and a WordPiece tokenizer to `folder`.

    With `labels` it sorts texts into these, else it fills gaps; `options` are for its config.
    """
    prepare()  # a page may be importing the same names in the background
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import (
        BertConfig,
        BertForMaskedLM,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", mask]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([_TEXT, "zabcdefghijklmnopqrstuvwxyz"], trainer)
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(names, special, strict=True))
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=context,
        initializer_range=spread,
        pad_token_id=0,
        **({"id2label": dict(enumerate(labels))} if labels else {}),
        **options,
    )
    made = BertForSequenceClassification if labels else BertForMaskedLM
    made(config).save_pretrained(folder)
    return folder
