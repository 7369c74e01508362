"""Hide words of a text so that a model learns to find them: masked language modelling.

Source of the shares: J. Devlin et al., https://huggingface.co/papers/1810.04805 (2018); whole words
are hidden, as in the later models of that paper's authors.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch.nn.functional import cross_entropy, normalize
from transformers import BertForPreTraining, PreTrainedTokenizerBase

IGNORED = -100  # the label that cross-entropy leaves out
SHARE = 0.15  # of a text's tokens are to be found
MASKED, RANDOM = 0.8, 0.1  # of these; the rest are left as they are
TEMPERATURE = 0.1
HALVES_SHARE = 0.5  # of the loss, beside 1 for the hidden words


@dataclass(frozen=True)
class Masking:
    """Which tokens begin a word, which go on with one, and which stand for no word at all."""

    mask_id: int
    special: frozenset[int]
    going_on: frozenset[int]
    ordinary: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase) -> Masking:
        """Return what masking has to know of a WordPiece `tokenizer`."""
        special = frozenset(tokenizer.all_special_ids)
        vocabulary = tokenizer.get_vocab()
        going_on = frozenset(n for token, n in vocabulary.items() if token.startswith("##"))
        ordinary = tuple(sorted(set(vocabulary.values()) - special))
        return cls(tokenizer.mask_token_id, special, going_on, ordinary)

    def places(self, ids: list[int], random: Random) -> list[int]:
        """Return the places of whole words, drawn at random, about 15 % of the tokens of `ids`."""
        words: list[list[int]] = []
        for place, number in enumerate(ids):
            if number in self.special:
                continue
            # A word goes on only right behind its beginning.
            if words and number in self.going_on and words[-1][-1] == place - 1:
                words[-1].append(place)
            else:
                words.append([place])
        random.shuffle(words)
        wanted, drawn = max(1, round(SHARE * len(ids))), list[int]()
        for word in words:
            if not drawn or len(drawn) + len(word) <= wanted:
                drawn += word
        return sorted(drawn)

    def hidden(self, ids: list[int], random: Random) -> tuple[list[int], list[int]]:
        """Return `ids` as the model reads them while it learns, and their labels.

        Of the tokens to be found 80 % are masked, 10 % exchanged for any other and 10 % left.
        """
        read, labels = list(ids), [IGNORED] * len(ids)
        for place in self.places(ids, random):
            labels[place] = ids[place]
            chance = random.random()
            if chance < MASKED:
                read[place] = self.mask_id
            elif chance < MASKED + RANDOM:
                read[place] = random.choice(self.ordinary)
        return read, labels


def masked_loss(model: BertForPreTraining, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how badly hidden words are found, plus how badly the halves of a text find each other.

    The batch holds all first halves, then all second ones. Only what is hidden is scored, which
    saves a small network a third of the work.
    """
    read = model.bert(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    wanted = batch["labels"] != IGNORED
    scores = model.cls.predictions(read.last_hidden_state[wanted])
    return cross_entropy(scores.float(), batch["labels"][wanted]) + apart_loss(read.pooler_output)


def apart_loss(pooled: torch.Tensor) -> torch.Tensor:
    """Return how badly each half is told from those of other texts by what stands for it.

    `pooled` is (2 × texts, width): what the model makes of each half at `[CLS]`. It is what sorting
    texts starts from, and hidden words alone would teach it nothing. Source: J. Giorgi et al.,
    https://huggingface.co/papers/2006.03659 (2020).
    """
    first, second = normalize(pooled.float(), dim=-1).chunk(2)
    alike = first @ second.T / TEMPERATURE
    own = torch.arange(len(first))
    return HALVES_SHARE * (cross_entropy(alike, own) + cross_entropy(alike.T, own))
