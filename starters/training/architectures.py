"""Build each family's real architecture at starter size, from random weights."""

from __future__ import annotations

from transformers import (
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    T5Config,
    T5ForConditionalGeneration,
)

from starters.training.recipes import Recipe


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """Return an untrained model in float32; seed torch first to make it reproducible.

    Dropout is off: the data never repeats often enough to be learnt by heart.
    """
    model = _gpt2(recipe, tokenizer) if recipe.architecture == "gpt2" else _t5(recipe, tokenizer)
    model.generation_config = GenerationConfig(
        max_new_tokens=recipe.max_new_tokens,
        do_sample=False,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        decoder_start_token_id=model.config.decoder_start_token_id
        if recipe.architecture == "t5"
        else None,
    )
    return model


def _t5(recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    shape = recipe.shape
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=shape.width,
            d_kv=32,
            d_ff=shape.feed_forward,
            num_layers=shape.layers,
            num_decoder_layers=shape.layers,
            num_heads=shape.heads,
            dropout_rate=0.0,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )


def _gpt2(recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    shape = recipe.shape
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=shape.positions,
            n_embd=shape.width,
            n_layer=shape.layers,
            n_head=shape.heads,
            n_inner=shape.feed_forward,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            resid_pdrop=0.0,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
