"""Build each family's real architecture at starter size, from random weights."""

from __future__ import annotations

from torch.nn import Identity
from transformers import (
    BertConfig,
    BertForPreTraining,
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
    if recipe.architecture == "bert":
        return _bert(recipe, tokenizer)
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


def _bert(recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    shape = recipe.shape
    model = BertForPreTraining(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=shape.positions,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    # Which sentence follows which is not asked: the halves of a text find each other instead.
    model.cls.seq_relationship = Identity()
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
