"""Random models of the families that only conversion touches: BART, Marian, LLaMA, Whisper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.inference.engines.transformers_engine import prepare
from tests.random_models import make_gpt2, make_t5

_TEXT = (
    "Once upon a time in AI world, a small robot went to the shop. "
    "The delivery was late but the phone is good. How much is the red car? "
)


def make_bart(folder: Path, **settings: Any) -> Path:
    """Write a BART whose generation settings are those of the published summarizers."""
    prepare()
    import torch
    from tokenizers import ByteLevelBPETokenizer, processors
    from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

    trainer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer.train_from_iterator([_TEXT], vocab_size=360, special_tokens=special)
    tokenizer = trainer._tokenizer
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
    ).save_pretrained(folder)
    torch.manual_seed(1)
    config = BartConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        init_std=0.5,
    )
    model = BartForConditionalGeneration(config)
    published = {"forced_bos_token_id": 0, "forced_eos_token_id": 2, "no_repeat_ngram_size": 3}
    published |= {"min_length": 12, "max_length": 40, "num_beams": 4, "length_penalty": 2.0}
    model.generation_config.update(**{**published, **settings})
    model.save_pretrained(folder)
    return folder


def make_marian(folder: Path) -> Path:
    """Write a Marian with its two SentencePiece files, and the settings of the published ones."""
    prepare()
    import json

    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True)
    corpus = folder / "corpus.txt"
    corpus.write_text(_TEXT.replace(". ", ".\n").replace("? ", "?\n") * 20)
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=str(folder / side),
            vocab_size=70,
            hard_vocab_limit=False,
            bos_id=-1,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
        (folder / f"{side}.vocab").unlink()
    corpus.unlink()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    names = [pieces.id_to_piece(number) for number in range(pieces.get_piece_size())]
    tokens = ["</s>", "<unk>", *(name for name in names if name not in {"</s>", "<unk>"}), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    files = [str(folder / name) for name in ("source.spm", "target.spm", "vocab.json")]
    MarianTokenizer(*files).save_pretrained(folder)
    torch.manual_seed(1)
    pad = len(tokens) - 1
    config = MarianConfig(
        vocab_size=len(tokens),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        init_std=0.5,
        scale_embedding=True,
        activation_function="swish",
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config)
    model.generation_config.update(bad_words_ids=[[pad]], forced_eos_token_id=0, num_beams=4)
    model.save_pretrained(folder)
    return folder


def make_llama(folder: Path) -> Path:
    """Write a LLaMA that shares keys among heads, with GPT-2's kind of tokenizer."""
    make_gpt2(folder)
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(AutoTokenizer.from_pretrained(folder)),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_spread_gpt2(folder: Path) -> Path:
    """Write a GPT-2 whose answers depend on the prompt."""
    return make_gpt2(folder, spread=0.3)


def make_spread_t5(folder: Path) -> Path:
    """Write a T5 whose answers depend on the source."""
    return make_t5(folder, spread=2.0)


FAMILIES = {
    "t5": make_spread_t5,
    "bart": make_bart,
    "marian-en-fr": make_marian,
    "gpt2": make_spread_gpt2,
    "llama": make_llama,
}
