"""Train a tokenizer on the training split alone, in the form that its architecture uses."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from itertools import chain

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from starters.training.recipes import Recipe

FRENCH_LETTERS = "àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ"
ALPHABET = string.ascii_letters + string.digits + FRENCH_LETTERS + ",.;:!?'’\"«»()-–%€$&/+▁"
RAW_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
END_OF_TEXT = "<|endoftext|>"


def train_tokenizer(recipe: Recipe, texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer of at most `recipe.vocabulary` pieces that can spell any text."""
    if recipe.architecture == "bert":
        return _word_pieces(texts, recipe.vocabulary, recipe.shape.positions)
    if recipe.architecture == "gpt2":
        return _byte_level(texts, recipe.vocabulary, recipe.shape.positions)
    return _metaspace(texts, recipe.vocabulary)


def _word_pieces(texts: Iterable[str], vocabulary: int, positions: int) -> PreTrainedTokenizerFast:
    """WordPiece in lower case as in BERT, but with digits apart; odd characters are unknown."""
    special = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.WordPiece()
    alphabet = set(string.ascii_lowercase + string.digits + string.punctuation + "’‘“”–—…£€é")
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=list(special.values()),
        initial_alphabet=sorted(alphabet),
        show_progress=False,
    )
    # Each letter is to be known inside a word as well, or a new word would be unknown as a whole.
    letters = string.ascii_lowercase[-1] + string.ascii_lowercase
    tokenizer.train_from_iterator(chain([letters], texts), trainer)
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
        **special,
    )


def _byte_level(texts: Iterable[str], vocabulary: int, positions: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE as in GPT-2: no text is unknown, one special token ends a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )


def _metaspace(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Pieces that look like T5's (▁ begins a word), with letters and bytes to fall back on.

    Unlike T5's own, they come from byte pair encoding, which keeps far more whole words in so
    small a vocabulary, and digits and punctuation stand alone, so that numbers and names can be
    copied.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Punctuation(),
        ]
    )
    specials = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=specials + RAW_BYTES,
        initial_alphabet=list(ALPHABET),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    state = json.loads(tokenizer.to_str())
    # Byte pieces are ordinary vocabulary: as special tokens they would vanish when decoding.
    state["added_tokens"] = [t for t in state["added_tokens"] if t["content"] in specials]
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )
