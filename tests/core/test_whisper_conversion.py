"""Whisper converts and hears what transformers hears: ready for a task that listens."""

from __future__ import annotations

from pathlib import Path

from core.inference.engines.convert import convert
from tests.random_models import make_gpt2

SPECIAL = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>", "<|nospeech|>"]


def test_a_converted_whisper_writes_the_same_tokens(tmp_path: Path) -> None:
    """Random weights and random sound: no task of the lab reads sound yet."""
    folder = make_gpt2(tmp_path / "whisper")
    import ctranslate2
    import torch
    from transformers import AutoTokenizer, WhisperConfig, WhisperForConditionalGeneration

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL})
    tokenizer.save_pretrained(folder)
    start, plain = tokenizer.convert_tokens_to_ids([SPECIAL[0], SPECIAL[3]])
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        init_std=0.5,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        decoder_start_token_id=start,
        max_target_positions=60,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    model.save_pretrained(folder)
    convert(folder, tmp_path / "converted", "float32")
    fast = ctranslate2.models.Whisper(str(tmp_path / "converted"), compute_type="float32")
    for seed in range(3):
        sound = torch.randn(1, 80, 3000, generator=torch.Generator().manual_seed(seed))
        (heard,) = fast.generate(
            ctranslate2.StorageView.from_array(sound.numpy()),
            [[start, plain]],
            beam_size=1,
            max_length=24,
            suppress_blank=False,
            suppress_tokens=[],
        )
        written = list(heard.sequences_ids[0])
        assert len(written) > 8
        ids = [start, plain]
        with torch.inference_mode():
            encoded = (model.model.encoder(sound).last_hidden_state,)
            while len(ids) < 2 + len(written):
                scores = model(
                    encoder_outputs=encoded, decoder_input_ids=torch.tensor([ids])
                ).logits
                ids.append(int(scores[0, -1].argmax()))
        assert ids[2:] == written
