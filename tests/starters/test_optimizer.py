"""Muon in float32 is the Muon of torch, which computes in bfloat16."""

from __future__ import annotations

import pytest
import torch

from starters.training.optimizer import Float32Muon, orthogonal


@pytest.mark.parametrize("shape", [(3, 20, 60), (2, 24, 90), (2, 90, 24)])
def test_an_update_has_singular_values_of_about_one(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_a_matrix_is_updated_alike_alone_and_in_company() -> None:
    torch.manual_seed(0)
    stack = torch.randn(4, 16, 48)
    together, alone = orthogonal(stack), torch.cat([orthogonal(one[None]) for one in stack])
    assert torch.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("shape", [(32, 32), (24, 60), (60, 24)])
def test_three_steps_go_where_torch_s_own_go(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    start, gradients = torch.randn(shape), torch.randn(3, *shape)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    other = torch.optim.Muon([theirs], lr=0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    own = Float32Muon([ours], learning_rate=0.01)
    for gradient in gradients:
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        own.step()
        other.step()
    moved, expected = (ours - start).flatten(), (theirs - start).flatten()
    assert torch.cosine_similarity(moved, expected, dim=0) > 0.999
    assert (moved.norm() / expected.norm()).item() == pytest.approx(1, abs=0.02)
