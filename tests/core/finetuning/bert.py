"""A tiny BERT with random weights, and feedback so plain that even it learns to sort it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from core.finetuning.types import Example, Splits

LABELS = ("negative", "neutral", "positive")
_WORDS = {
    "negative": ("bad", "broken", "late", "slow"),
    "neutral": ("okay", "usual", "average", "plain"),
    "positive": ("good", "great", "quick", "lovely"),
}
_THINGS = ("phone", "shop", "delivery", "charger", "screen", "robot", "car", "case")
_TEXT = " ".join(word for words in (*_WORDS.values(), _THINGS) for word in words)


def make_bert(
    folder: Path, *, layers: int = 1, width: int = 32, context: int = 64, spread: float = 0.1
) -> Path:
    """Write a BERT for masked words with random weights and a WordPiece tokenizer to `folder`."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    trainer = BertWordPieceTokenizer()
    trainer.train_from_iterator([f"the {_TEXT} is a but and"] * 20, vocab_size=300)
    BertTokenizerFast(
        tokenizer_object=trainer._tokenizer, model_max_length=context
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=trainer.get_vocab_size(),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=context,
        initializer_range=spread,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    return folder


def make_splits(*, train: int = 96, validation: int = 24, test: int = 30, seed: int = 0) -> Splits:
    """Return feedback whose label is told by its first words; labels take turns."""
    random = Random(seed)

    def examples(count: int) -> tuple[Example, ...]:
        found = []
        for number in range(count):
            label = LABELS[number % 3]
            things = random.sample(_THINGS, random.randint(1, 4))
            words = " and ".join(random.sample(_WORDS[label], 3))
            found.append(Example(f"{words} the {' the '.join(things)}", label))
        return tuple(found)

    return Splits("plain feedback", LABELS, examples(train), examples(validation), examples(test))
