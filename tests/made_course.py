"""Exercises of every kind, as a small course of two places, and work that answers some."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from core.exercises.types import AnyExercise
from core.lessons import Place, Placed
from core.work.entries import Answered, Entry, HintTaken, SolutionSeen

_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyExercise)
LESSON, TASK = Place("lesson", "1"), Place("task", "test")


def small_course() -> tuple[Placed, ...]:
    """Return a choice, several, a number, an order, pairs, a text and a card fact."""
    option = {"text": "The **weights** are public", "why": "They can be downloaded.", "right": True}
    other = {"text": "It is free of charge", "why": "Price says nothing of openness."}
    return (
        _placed(LESSON, kind="choice", id="weights", options=[option, other]),
        _placed(LESSON, kind="choice", id="several", several=True, options=[option, other]),
        _placed(LESSON, kind="number", id="tokens", answer=9, unit="tokens"),
        _placed(LESSON, kind="order", id="steps", items=["Tokenize", "Run the model", "Decode"]),
        _placed(
            TASK,
            kind="match",
            id="families",
            pairs=[
                {"left": "`gpt2`", "right": "Decoder", "why": "It writes.", "wrong": "Think."},
                {"left": "`t5`", "right": "Both halves", "why": "It reads.", "wrong": "Think."},
            ],
        ),
        _placed(
            TASK,
            kind="text",
            id="why-seed",
            points=[{"words": ["seed"], "missing": "What did you keep the same?"}],
            good=["The same seed", "I kept the seed"],
            poor=[{"text": "It was chance", "says": "What did you keep"}],
        ),
        _placed(
            TASK,
            kind="card-fact",
            id="licence",
            model="openai-community/gpt2",
            fact="licence",
            options=["mit", "apache-2.0"],
        ),
    )


def some_answers(said: str) -> tuple[Entry, ...]:
    """Return answers, right and wrong ones, in which `said` is what the student typed."""
    return (
        Answered("weights", "The **weights** are public"),
        Answered("several", ("It is free of charge",)),
        HintTaken("several", 1),
        Answered("tokens", 12.0),
        HintTaken("tokens", 1),
        HintTaken("tokens", 2),
        SolutionSeen("tokens"),
        Answered("steps", ("Tokenize", "Decode", "Run the model")),
        Answered("families", {"`gpt2`": "Decoder", "`t5`": "Both halves"}),
        Answered("why-seed", said),
    )


def _placed(place: Place, **fields: Any) -> Placed:
    words = {
        "title": f"On {fields['id']}",
        "ask": "Say what is **true**, and [read](https://example.org) `why`.",
        "hints": ["Look at the card.", "Look again."],
        "solution": "As the card says.",
    }
    return Placed(place, _ADAPTER.validate_python({**words, **fields}))
