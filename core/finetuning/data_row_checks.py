"""Checks of the rows: what was left out, comes twice, leaks between splits, or is too long."""

from __future__ import annotations

from collections import defaultdict

from core.finetuning.data_finding import ROWS_SHOWN, Finding, Seen, Severity, label_of, rows_where
from core.finetuning.data_text import counted, short

_TOKENS_A_WORD = 4 / 3  # of English in a vocabulary of some ten thousand pieces
_LETTERS_A_TOKEN = 4


def nothing(seen: Seen) -> list[Finding]:
    """No example is left."""
    loaded = seen.loaded
    if loaded.examples:
        return []
    if len(loaded.without_text) > len(loaded.without_label) + len(loaded.unreadable_label):
        what = f"The column “{short(loaded.text_column)}” holds no text."
    elif loaded.unreadable_label:
        what = f"No label in “{short(loaded.label_column)}” is of the kind that you chose."
    else:
        what = "No row has both a text and a label."
    step = "Choose another column for it, or look into the file."
    return [Finding("nothing", Severity.ERROR, what, step)]


def left_out(seen: Seen) -> list[Finding]:
    """Rows that are no examples."""
    loaded = seen.loaded
    parts = (
        ("without_text", loaded.without_text, "no text", "fill it in"),
        ("without_label", loaded.without_label, "no label", "fill it in"),
        (
            "unreadable_label",
            loaded.unreadable_label,
            "a label of another kind",
            "correct it, or choose another kind of labels",
        ),
        ("unreadable_split", loaded.unreadable_split, "an unknown split", "correct it"),
    )
    return [
        Finding(
            kind,
            Severity.WARNING,
            f"{counted(len(rows), 'row has', 'rows have')} {lacking} and "
            f"{'is' if len(rows) == 1 else 'are'} left out.",
            f"Go on without {'it' if len(rows) == 1 else 'them'}, or {remedy} and upload the "
            "file again.",
            len(rows),
            rows[:ROWS_SHOWN],
        )
        for kind, rows, lacking, remedy in parts
        if rows
    ]


def twice(seen: Seen) -> list[Finding]:
    """Texts that come again, with the same label or another."""
    first: dict[str, int] = {}
    labels: defaultdict[str, set[str]] = defaultdict(set)
    again: list[int] = []
    exact = 0
    texts: set[str] = set()
    for place, key in enumerate(seen.keys):
        text = seen.loaded.examples[place].text
        if key in first:
            again.append(seen.loaded.rows[place])
            exact += text in texts
        first.setdefault(key, place)
        texts.add(text)
        labels[key].add(label_of(seen, place))
    found = []
    torn = rows_where(seen, lambda place: len(labels[seen.keys[place]]) > 1)
    if torn:
        number = sum(len(of_text) > 1 for of_text in labels.values())
        found.append(
            Finding(
                "contradictory",
                Severity.WARNING,
                f"{counted(number, 'text has', 'texts have')} more than one label.",
                "Decide on one label for each: no answer to them can be right. "
                + ("" if seen.loaded.given else "Until then they stay in training."),
                number,
                torn[:ROWS_SHOWN],
            )
        )
    if again:
        alike = len(again) - exact
        how = f", {alike:,} of them but for case, spaces or punctuation" if alike else ""
        found.append(
            Finding(
                "duplicates",
                Severity.WARNING if len(again) * 20 > len(seen.keys) else Severity.NOTE,
                f"{counted(len(again), 'row repeats', 'rows repeat')} the text of another{how}.",
                "Nothing to do: equal texts stay in one split, so that the test does not ask what "
                "was learnt by heart.",
                len(again),
                tuple(again[:ROWS_SHOWN]),
            )
        )
    return found


def leaks(seen: Seen) -> list[Finding]:
    """Texts in more than one of the given splits, and splits that are not there."""
    given = seen.loaded.given
    if given is None or not given:
        return []
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for key, part in zip(seen.keys, given, strict=True):
        parts[key].add(part)
    found = []
    if not any(of_text == {"train"} for of_text in parts.values()):
        found.append(
            Finding(
                "no_training_split",
                Severity.ERROR,
                "No row is given to training alone: the splits are "
                f"{' and '.join(sorted(set(given)))}.",
                "Let the lab split the rows instead, or add rows of the split “train”.",
            )
        )
    trained = {
        label_of(seen, place) for place, key in enumerate(seen.keys) if parts[key] == {"train"}
    }
    untrained = set(seen.rows_of) - trained
    if untrained and trained:
        named = ", ".join(f"“{short(label)}”" for label in sorted(untrained)[:3])
        found.append(
            Finding(
                "label_not_in_training",
                Severity.WARNING,
                f"{counted(len(untrained), 'label is', 'labels are')} never in training: {named}.",
                "Let the lab split the rows instead, or give training some of these rows.",
                len(untrained),
            )
        )
    leaked = rows_where(seen, lambda place: len(parts[seen.keys[place]]) > 1)
    if leaked:
        number = sum(len(of_text) > 1 for of_text in parts.values())
        found.append(
            Finding(
                "leakage",
                Severity.WARNING,
                f"{counted(number, 'text is', 'texts are')} in more than one split, so the test "
                "would ask what was learnt by heart.",
                "The lab keeps each in the test, or else in validation, and takes it out of the "
                "other splits.",
                number,
                leaked[:ROWS_SHOWN],
            )
        )
    return found


def too_long(seen: Seen, *, max_tokens: int) -> list[Finding]:
    """Texts of which the model reads the beginning alone."""
    words = int(max_tokens / _TOKENS_A_WORD)
    examples = seen.loaded.examples

    def is_long(place: int) -> bool:
        text = examples[place].text
        return max(len(text.split()) * _TOKENS_A_WORD, len(text) / _LETTERS_A_TOKEN) > max_tokens

    rows = rows_where(seen, is_long)
    if not rows:
        return []
    return [
        Finding(
            "too_long",
            Severity.WARNING if len(rows) * 20 > len(examples) else Severity.NOTE,
            f"{counted(len(rows), 'text is', 'texts are')} longer than about {words} words: the "
            "model reads the beginning alone.",
            "Raise the longest text among the parameters, which takes longer, or shorten the texts "
            "to what matters.",
            len(rows),
            rows[:ROWS_SHOWN],
        )
    ]
