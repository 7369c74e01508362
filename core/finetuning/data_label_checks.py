"""Checks of the labels: what cannot be learnt, what is too rare, what is uneven."""

from __future__ import annotations

from core.finetuning.data_finding import ROWS_SHOWN, Finding, Seen, Severity, label_of, rows_where
from core.finetuning.data_text import counted, short

MIN_TEXTS = 30  # different ones, in all
MIN_TEXTS_A_LABEL = 3  # one for each split
FEW_TEXTS_A_LABEL = 8
MAX_LABELS = 20
MAX_LABEL_LENGTH = 60
_UNEQUAL = 3.0


def labels(seen: Seen) -> list[Finding]:
    """Labels that nothing can be learnt from: one, a new one each row, far too many, texts."""
    different, examples = len(seen.rows_of), len(seen.loaded.examples)
    column = short(seen.loaded.label_column)
    if not examples:
        return []
    if different == 1:
        (label,) = seen.rows_of
        return [
            Finding(
                "one_class",
                Severity.ERROR,
                f"Every row has the label “{short(label)}”, so there is nothing to tell apart.",
                "Add texts with another label, or choose another column of labels.",
                examples,
            )
        ]
    if different > 2 and different * 2 > examples:
        return [
            Finding(
                "labels_unique",
                Severity.ERROR,
                f"“{column}” has {different:,} different labels in {examples:,} rows: nearly "
                "every row has one of its own.",
                "Choose the column whose few words come again and again.",
                different,
            )
        ]
    if different > MAX_LABELS:
        return [
            Finding(
                "too_many_labels",
                Severity.ERROR,
                f"“{column}” has {different:,} different labels; the lab trains up to "
                f"{MAX_LABELS}.",
                "Choose another column, read the labels as stars if they are, or group them into "
                "a few.",
                different,
            )
        ]
    rows = rows_where(seen, lambda place: len(label_of(seen, place)) > MAX_LABEL_LENGTH)
    return [
        Finding(
            "long_labels",
            Severity.WARNING,
            f"{counted(len(rows), 'label is', 'labels are')} longer than {MAX_LABEL_LENGTH} "
            "characters.",
            "Check that the columns of texts and labels are not swapped.",
            len(rows),
            rows[:ROWS_SHOWN],
        )
        for _ in rows[:1]
    ]


def too_few(seen: Seen) -> list[Finding]:
    """Too few texts to train and to test with, in all or of a label."""
    if not seen.loaded.examples:
        return []
    testable = [label for label in seen.rows_of if seen.texts_of[label] >= MIN_TEXTS_A_LABEL]
    if seen.texts < MIN_TEXTS:
        what = f"There are only {counted(seen.texts, 'different text')}."
    elif len(testable) < 2 <= len(seen.rows_of):
        only = f"Only {counted(len(testable), 'label has', 'labels have')}"
        what = f"{only if testable else 'No label has'} enough different texts."
    else:
        what = ""
    if what:
        step = (
            f"Collect at least {MIN_TEXTS} different texts, and {MIN_TEXTS_A_LABEL} of each of "
            "two labels; some hundreds are better."
        )
        return [Finding("too_few", Severity.ERROR, what, step, seen.texts)]
    few = [label for label in seen.rows_of if seen.texts_of[label] < FEW_TEXTS_A_LABEL]
    if not few or len(seen.rows_of) > MAX_LABELS:
        return []
    named = ", ".join(f"“{short(label)}” ({seen.texts_of[label]})" for label in few[:3])
    rows = rows_where(seen, lambda place: label_of(seen, place) in few)
    return [
        Finding(
            "few_of_a_label",
            Severity.WARNING,
            f"{counted(len(few), 'label has', 'labels have')} fewer than {FEW_TEXTS_A_LABEL} "
            f"different texts: {named}{' …' if len(few) > 3 else ''}.",
            "A model hardly learns them, and their scores say little. Add texts, correct a "
            "misspelt label, or leave these rows out.",
            len(few),
            rows[:ROWS_SHOWN],
        )
    ]


def imbalance(seen: Seen) -> list[Finding]:
    """One label is much commoner than another."""
    counts = seen.rows_of.most_common()
    if not 2 <= len(counts) <= MAX_LABELS or counts[0][1] < counts[-1][1] * _UNEQUAL:
        return []
    (common, most), (rare, least) = counts[0], counts[-1]
    return [
        Finding(
            "imbalance",
            Severity.WARNING,
            f"“{short(common)}” has {most / least:.0f} times as many rows as “{short(rare)}”. "
            f"Always answering “{short(common)}” would be right for "
            f"{most / len(seen.keys):.0%} of them.",
            "Compare accuracy with that figure and look at macro-F1, or add rows of the rare "
            "labels.",
            least,
        )
    ]


def spellings(seen: Seen) -> list[Finding]:
    """Labels that differ in case or spaces alone."""
    merged = seen.loaded.merged
    what = (
        f"{counted(merged, 'spelling of a label was', 'spellings of labels were')} taken for "
        "another one with the same letters."
    )
    step = "Nothing to do, unless they mean different things."
    return [Finding("spellings", Severity.NOTE, what, step, merged)] if merged else []
