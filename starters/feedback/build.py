"""Write the generated splits of the data set: `python -m starters.feedback.build`.

The test split is written by hand and is only read here.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from starters.feedback.data import COLUMNS, FOLDER, Feedback, feedback, overlaps_test, rows, words
from starters.splits import Split, split_of

SEEDS: dict[Split, int] = {"train": 2024, "validation": 4202}
SIZES: dict[Split, int] = {"train": 1600, "validation": 400}
NEAR = 0.75


def near_duplicates(first: frozenset[str], second: frozenset[str]) -> bool:
    """Return whether two sets of words have three quarters of all their words in common."""
    # The shared words decide; counting them alone spares building the union of each pair.
    shared = len(first & second)
    return shared >= NEAR * (len(first) + len(second) - shared)


def generated() -> dict[Split, tuple[Feedback, ...]]:
    """Return the texts of both generated splits: none is near another or near a test text."""
    accepted: dict[int, list[frozenset[str]]] = defaultdict(list)
    for row in rows("test"):
        found = frozenset(words(row.text))
        accepted[len(found)].append(found)
    return {split: tuple(_chosen(split, accepted)) for split in SEEDS}


def _chosen(split: Split, accepted: dict[int, list[frozenset[str]]]) -> Iterator[Feedback]:
    wanted = SIZES[split]
    for one in feedback(SEEDS[split]):
        mine = frozenset(words(one.text))
        if not _fits(one, split):
            continue
        # Only texts of about its length can be near it.
        sizes = range(int(NEAR * len(mine)), int(len(mine) / NEAR) + 2)
        others = chain.from_iterable(accepted[size] for size in sizes)
        if any(near_duplicates(mine, other) for other in others):
            continue
        accepted[len(mine)].append(mine)
        yield one
        wanted -= 1
        if not wanted:
            return


def _fits(one: Feedback, split: Split) -> bool:
    return split_of(one.key) == split and bool(words(one.text)) and not overlaps_test(one.text)


def as_csv(texts: tuple[Feedback, ...]) -> bytes:
    """Return `texts` as a UTF-8 CSV file with a header line."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((one.text, one.label, one.product, "generated") for one in texts)
    return file.getvalue().encode()


def main(folder: Path = FOLDER) -> None:
    """Write the files of the generated splits."""
    for split, texts in generated().items():
        (folder / f"{split}.csv").write_bytes(as_csv(texts))
        print(f"{split}: {len(texts)} rows")


if __name__ == "__main__":
    main()
