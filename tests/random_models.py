"""Real model folders with random weights: small, quick to make, of any size a test needs."""

from __future__ import annotations

from pathlib import Path

from core.inference.engines.transformers_engine import prepare

_TEXT = (
    "Once upon a time in AI world, a small robot went to the shop. "
    "The delivery was late but the phone is good. How much is the red car? "
)


def make_gpt2(
    folder: Path, *, layers: int = 2, width: int = 32, context: int = 128, spread: float = 0.02
) -> Path:
    """Write a GPT-2 with random weights and a byte-level tokenizer to `folder`.

    A `spread` of its weights above the usual makes what it writes depend on the prompt.
    """
    prepare()  # a page may be importing the same names in the background
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    trainer = ByteLevelBPETokenizer()
    trainer.train_from_iterator([_TEXT], vocab_size=400, special_tokens=["<|endoftext|>"])
    end = "<|endoftext|>"
    PreTrainedTokenizerFast(
        tokenizer_object=trainer._tokenizer, eos_token=end, bos_token=end, pad_token=end
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=trainer.get_vocab_size(),
        n_positions=context,
        n_embd=width,
        n_layer=layers,
        n_head=2,
        initializer_range=spread,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def make_llama(
    folder: Path, *, layers: int = 2, width: int = 64, context: int = 512, spread: float = 0.3
) -> Path:
    """Write a LLaMA with random weights and GPT-2's kind of tokenizer to `folder`."""
    make_gpt2(folder)  # for its tokenizer
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(AutoTokenizer.from_pretrained(folder)),
        max_position_embeddings=context,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=spread,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_t5(
    folder: Path, *, layers: int = 1, width: int = 32, context: int = 64, spread: float = 1.0
) -> Path:
    """Write a T5 with random weights and a unigram tokenizer to `folder`."""
    prepare()  # a page may be importing the same names in the background
    import torch
    from tokenizers import SentencePieceUnigramTokenizer, processors
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    trainer = SentencePieceUnigramTokenizer()
    trainer.train_from_iterator(
        [_TEXT], vocab_size=120, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"
    )
    tokenizer = trainer._tokenizer
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=width,
        d_kv=16,
        d_ff=64,
        num_layers=layers,
        num_heads=2,
        n_positions=context,
        initializer_factor=spread,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder
