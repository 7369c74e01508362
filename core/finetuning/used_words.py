"""Training the words that occur, and leaving alone those that do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from core.finetuning.batches import Ids
from core.finetuning.networks import Network


@contextmanager
def only_used_words(network: Network, rows: Iterable[Ids[int]]) -> Iterator[None]:
    """Keep the vectors of words that are in none of `rows` out of training.

    They have no gradient there, so nothing could be learned of them; but they are half of a small
    BERT, and the optimizer would go through them at each step. Meanwhile the network reads no other
    words than those of `rows`; afterwards it has its whole vocabulary again.
    """
    import torch

    words: Any = network.model.get_input_embeddings()
    whole: Any = getattr(words, "weight", None)
    at = next((at for at, weight in enumerate(network.trained) if weight is whole), None)
    if type(words) is not torch.nn.Embedding or at is None:
        yield
        return
    used = torch.zeros(len(whole), dtype=torch.bool)
    used[network.encoder.pad_id] = True
    for row in rows:
        used[torch.frombuffer(row, dtype=torch.int32).long()] = True
    padding = words.padding_idx
    if padding is not None:
        used[padding] = True
    # Of another word there is no number, which is an error and no wrong vector.
    place = torch.where(used, used.cumsum(0) - 1, -1)
    some = torch.nn.Parameter(whole.detach()[used])

    def renumber(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return (place[given[0]], *given[1:])

    hook = words.register_forward_pre_hook(renumber)
    words.weight = network.trained[at] = some
    words.padding_idx = None if padding is None else int(place[padding])
    try:
        yield
    finally:
        hook.remove()
        words.weight = network.trained[at] = whole
        words.padding_idx = padding
        with torch.no_grad():
            whole[used] = some
