"""The benchmark of fine-tuning runs, on a tiny network: what it measures is not looked at here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import finetuning
from core.finetuning.memory import count_parameters

SMALL = {
    "vocab_size": 5000,
    "hidden_size": 8,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}


def test_both_sides_train_the_same_network_and_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = finetuning.sized_bert(tmp_path / "tiny", **SMALL)
    assert finetuning.sized_bert(tmp_path / "tiny") == base
    assert 40_000 < count_parameters(base) < 60_000
    splits = finetuning.short_rows(32)
    assert [len(part) for part in (splits.train, splits.validation)] == [32, 4]
    # Processes of their own would only cost time here.
    monkeypatch.setattr(finetuning, "apart", lambda function, *given: function(*given))
    settings = replace(finetuning.SETTINGS, epochs=1)
    seconds = finetuning.in_turns(base, splits, settings, rounds=2, before=lambda: None)
    assert {name: len(rounds) for name, rounds in seconds.items()} == {"ours": 2, "course": 2}
    loop, faster = finetuning.told(seconds)
    assert loop.value > 0
    assert loop.ratio == pytest.approx(1 / faster.value)
