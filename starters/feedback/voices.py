"""How different people write the same thing: polite, angry, young, foreign, in a hurry."""

from __future__ import annotations

import random
import re

from starters.feedback.composition import SIDES, Draft
from starters.feedback.lexicon import common, phrase

# The share of each voice by label. "plain" is someone who just writes.
VOICES = {
    "plain": {"positive": 30, "negative": 28, "neutral": 42},
    "curt": {"positive": 14, "negative": 13, "neutral": 14},
    "long": {"positive": 13, "negative": 13, "neutral": 8},
    "polite": {"positive": 7, "negative": 8, "neutral": 8},
    "loud": {"positive": 11, "negative": 13, "neutral": 0},
    "teenager": {"positive": 13, "negative": 13, "neutral": 14},
    "learner": {"positive": 12, "negative": 12, "neutral": 14},
}
EMOJI_SHARE, CAPITALS_SHARE, TYPOS_SHARE, SHORT_FORMS_SHARE = 0.14, 0.04, 0.2, 0.6

_SHORT_FORMS = (
    (r"\b(do|does|did|is|are|was|were|could|would|have|has|should) not\b", r"\1n't"),
    (r"\bcan ?not\b", "can't"),
    (r"\bCan ?not\b", "Can't"),
    (r"\bwill not\b", "won't"),
    (r"\bI am\b", "I'm"),
    (r"\b([Ii]t|[Tt]here) is\b", r"\1's"),
    (r"\b([Tt]hey|[Yy]ou|[Ww]e) are\b", r"\1're"),
    (r"\b(I|[Yy]ou) will\b", r"\1'll"),
    (r"\bI would\b", "I'd"),
    (r"\bI have (?=been|never|had|read|run|used|waited)", "I've "),
)
# What somebody writes who still learns English.
_FOREIGN = (
    (r"\b(?:the|The) (?=[a-z])", ""),
    (r"\b(?:a|an) (?=[a-z])", ""),
    (r"\b(do|does|did) not\b", "not"),
    (r"\b(work|make|take|cost|taste|fit|look|leak|come|want|show)s\b", r"\1"),
    (r"\bI have had\b", "I have"),
    (r"\bthey are\b", "they is"),
    (r"\bis\b", "are"),
    (r"\bvery\b", "very much"),
    (r"\bfor (?=a week|two weeks|a month|six weeks|three months|a year)", "since "),
    (r"\bmy\b", "the my"),
)
_MISSPELLED = {
    "definitely": "definately", "really": "realy", "coffee": "coffe", "recommend": "recomend",
    "disappointed": "dissapointed", "terrible": "terible", "beautiful": "beautifull",
    "comfortable": "comfortabel", "because": "becouse", "received": "recieved",
    "quality": "qualtiy",
    "machine": "mashine", "ticket": "tiket", "perfect": "perfekt", "excellent": "excelent",
    "money": "mony", "awful": "awfull", "their": "there", "you're": "your", "too": "to",
    "believe": "beleive", "wonderful": "wonderfull", "usually": "usualy", "which": "wich",
}  # fmt: skip


def draw_voice(rng: random.Random, label: str) -> str:
    """Return a voice for a customer whose verdict is `label`."""
    return rng.choices(list(VOICES), [shares[label] for shares in VOICES.values()])[0]


def speak(rng: random.Random, draft: Draft, voice: str) -> str:
    """Return the text of `draft` as somebody with this voice types it."""
    sentences = list(draft.sentences)
    side = SIDES.get(draft.label, "neutral")
    if voice == "polite":
        sentences.insert(0, phrase(rng, common()["polite_start"], draft.product))
        sentences.append(phrase(rng, common()["polite_end"], draft.product))
    elif voice == "loud":
        block = "excited_start" if side == "good" else "angry_start"
        if rng.random() < 0.6:
            sentences.insert(0, phrase(rng, common()[block], draft.product))
        marks = rng.choice(("!", "!", "!!", "!!!"))
        sentences = [re.sub(r"\.$", marks, one) for one in sentences]
        if rng.random() < 0.3:
            at = rng.randrange(len(sentences))
            sentences[at] = sentences[at].upper()
    elif voice == "learner":
        sentences = [_foreign(rng, one) for one in sentences]
        if rng.random() < 0.4:
            sentences.insert(0, rng.choice(common()["learner_start"]))
        if rng.random() < 0.4:
            sentences.append(rng.choice(common()["learner_end"]))
    text = " ".join(sentences)
    if rng.random() < SHORT_FORMS_SHARE and voice != "polite":
        for pattern, short in _SHORT_FORMS:
            text = re.sub(pattern, short, text)
    if voice == "teenager":
        text = _teenager(rng, text, side)
    if rng.random() < TYPOS_SHARE:
        text = _mistyped(rng, text)
    if voice != "polite" and rng.random() < CAPITALS_SHARE:
        text = text.upper()
    if voice != "polite" and rng.random() < EMOJI_SHARE * (1 if voice != "teenager" else 3):
        text = f"{text} {_emoji(rng, draft, side)}"
    return text


def _foreign(rng: random.Random, text: str) -> str:
    for pattern, wrong in rng.sample(_FOREIGN, 4):
        text = re.sub(pattern, wrong, text, count=2)
    return text[:1].upper() + text[1:]


def _teenager(rng: random.Random, text: str, side: str) -> str:
    text = text.lower() if rng.random() < 0.8 else text
    text = re.sub(r"\.$", "", text)
    if rng.random() < 0.5:
        text = re.sub(r"\. ", rng.choice((", ", " and ", " ", "... ")), text)
    if rng.random() < 0.5:
        text = text.replace("'", "")
    if rng.random() < 0.5:
        text = f"{rng.choice(common()['teen_start'])} {text}"
    if rng.random() < 0.5:
        mark = "" if text.endswith(("!", "?")) else ","
        text = f"{text}{mark} {rng.choice(common()[f'teen_{side}'])}"
    stretched = list(re.finditer(r"\b(so|very|love|bad|good|no)\b", text))
    if stretched and rng.random() < 0.3:
        end = rng.choice(stretched).end()
        text = text[:end] + text[end - 1] * rng.choice((2, 3)) + text[end:]
    return text


def _emoji(rng: random.Random, draft: Draft, side: str) -> str:
    found = common()["emoji"]
    if draft.form == "sarcasm":
        return rng.choice(found["sarcasm"])
    first = rng.choice(found[side])
    if rng.random() < 0.25:
        return f"{first} {rng.choice(draft.product.emoji)}"
    return first * rng.choice((1, 1, 1, 2)) if not first.isascii() else first


def _mistyped(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(words))
        word = words[at]
        known = _MISSPELLED.get(word.strip(".,!?").casefold())
        if known:
            words[at] = word.casefold().replace(word.strip(".,!?").casefold(), known)
        elif len(word) > 4 and word.isalpha():
            words[at] = _slip(rng, word)
    return " ".join(words)


def _slip(rng: random.Random, word: str) -> str:
    """Return `word` with one letter doubled, lost, or swapped with the next."""
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    return rng.choice(
        (
            f"{before}{letter}{letter}{after}",
            f"{before}{after}",
            f"{before}{after[0]}{letter}{after[1:]}",
        )
    )
