"""One exercise of each kind, as authors write them, for tests of all that happens to exercises."""

from __future__ import annotations

from pathlib import Path

from core.exercises.blocks import read_exercise
from core.exercises.types import AnyExercise

_BLOCKS = {
    "single": """
id: single
kind: choice
title: One of three
ask: Which?
options:
  - text: alpha
    why: Alpha is the first.
    right: true
  - text: beta
    why: Beta is the second.
  - text: gamma
    why: Gamma is the third.
""",
    "several": """
id: several
kind: choice
several: true
title: Two of four
ask: Which?
options:
  - {text: alpha, why: Alpha is right., right: true}
  - {text: beta, why: Beta is wrong.}
  - {text: gamma, why: Gamma is right., right: true}
  - {text: delta, why: Delta is wrong.}
""",
    "number": """
id: number
kind: number
title: A number
ask: How much?
answer: 3.5
tolerance: 0.1
unit: GB
slips:
  - {value: 14, says: That is 16 bits.}
""",
    "order": """
id: order
kind: order
title: An order
ask: In which order?
items: [dawn, noon, dusk, night]
""",
    "match": """
id: match
kind: match
title: Pairs
ask: What belongs together?
pairs:
  - {left: one, right: uno, why: Spanish., wrong: Think of one.}
  - {left: two, right: dos, why: Spanish., wrong: Think of two.}
  - {left: pair, right: dos, why: Two as well., wrong: Think of a pair.}
extra: [tres]
""",
    "text": """
id: text
kind: text
title: A sentence
ask: Why?
points:
  - {words: [training data, corpus], missing: Name what it learned from.}
  - {words: [secret, not published], missing: What is the matter with it?}
good: [Its training data is secret., The corpus was not published.]
poor:
  - {text: It is secret., says: what it learned from}
  - {text: It has training data., says: the matter with it}
""",
    "evidence": """
id: evidence
kind: evidence
title: Something done
ask: Do it.
check: lessons-opened
given: {at_least: 2}
name:
  question: How many were they?
  wrong: Count once more.
  unit: lessons
""",
    "card-fact": """
id: card-fact
kind: card-fact
title: A fact
ask: Which licence?
model: someone/some-model
fact: licence
options: [mit, apache-2.0]
""",
    "predict": """
id: predict
kind: predict
title: A guess
ask: How many?
check: lessons-opened
given: {at_least: 1}
unit: lessons
tolerance: 0.2
reveal: So it is.
""",
}
_COMMON = "hints: [Think., Think more.]\nsolution: This is it.\n"


def block(kind: str) -> str:
    """Return the block of that kind without its fence, from its first line on."""
    return _BLOCKS[kind].lstrip() + _COMMON


def exercise(kind: str) -> AnyExercise:
    """Return the exercise of that kind."""
    return read_exercise(Path("some.md"), block(kind), 1)


KINDS = tuple(_BLOCKS)
