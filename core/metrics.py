"""How near an output comes to a good answer that somebody wrote."""

from __future__ import annotations


def chrf(hypothesis: str, reference: str) -> float:
    """Return chrF of one text, from 0 (shares nothing with the reference) to 100 (equals it).

    It is the F-score of the runs of one to six characters that both texts hold, recall counting
    twice as much as precision (beta 2) and spaces not at all: the defaults of sacrebleu. Source:
    Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015. A score over
    many texts at once, as on the starters' cards, is not the mean of these.
    """
    from sacrebleu import sentence_chrf

    return float(sentence_chrf(hypothesis, [reference]).score)
