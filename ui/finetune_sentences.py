"""The student's own sentences, before and after training, and the words that decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from core.errors import LabError
from core.finetuning.data_export import defused
from core.finetuning.evaluation import guess_number
from core.finetuning.jobs import Training, trainings
from core.finetuning.predicting import before_training, load_classifier
from core.finetuning.result_charts import influence_chart, influence_finding
from core.finetuning.types import Guess
from core.work.entries import SentencesTried
from ui.errors import show_error
from ui.record import note_once
from ui.text import counted, plain
from ui.waiting import answer, ask, asked

T = TypeVar("T")

_GUESSED, _WORDS = "finetune.guessed", "finetune.words"
_FIRST = """The coffee is hot and the machine is quiet. Love it!
It broke after two days and nobody answers.
Great, another update that deletes my tickets."""


@dataclass(frozen=True)
class _Tried:
    training_id: str
    labels: tuple[str, ...]
    before: tuple[Guess, ...]
    after: tuple[Guess, ...]


@dataclass(frozen=True)
class _Words:
    training_id: str
    sentence: str
    label: str
    influences: tuple[tuple[str, float], ...]


def show_sentences(training: Training) -> None:
    """Let the student try the model of `training` on sentences of their own."""
    if training.result is None or training.result.model is None:
        return
    st.header("5 Your own sentences", anchor=False)
    st.session_state.setdefault("finetune.sentences", _FIRST)
    typed = st.text_area(
        "Sentences, one a line",
        height=150,
        key="finetune.sentences",
        persist_state="session",
    )
    texts = tuple(line.strip() for line in typed.splitlines() if line.strip())
    if st.button(
        f"Try {counted(len(texts), 'sentence')}",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not texts,
        key="finetune.try",
    ):
        ask(_GUESSED, lambda cancelled: _try(training, texts))
    tried = _answer(_GUESSED, "The model reads your sentences …", _Tried)
    if tried is None or tried.training_id != training.id:
        return
    note_once(SentencesTried(tried.training_id, tried.labels, tried.before, tried.after))
    _show_tried(tried)
    _show_words(training, tried)


def _try(training: Training, texts: tuple[str, ...]) -> _Tried:
    with trainings().store.using(training.folder):
        model = load_classifier(training.folder.model)
    return _Tried(
        training.id, model.labels, before_training(training.splits(), texts), model.guess(texts)
    )


def _explain(training: Training, text: str) -> _Words:
    with trainings().store.using(training.folder):
        model = load_classifier(training.folder.model)
    label = model.labels[guess_number(model.guess([text])[0])]
    return _Words(training.id, text, label, model.influences(text))


def _show_tried(tried: _Tried) -> None:
    changed = sum(
        guess_number(before) != guess_number(after)
        for before, after in zip(tried.before, tried.after, strict=True)
    )
    st.markdown(f"**Training changed the answer for {changed} of {len(tried.after)} sentences**")
    st.dataframe(
        [
            {
                "Before": _said(tried, before),
                "After": _said(tried, after),
                "Sentence": defused(after.text),
            }
            for before, after in zip(tried.before, tried.after, strict=True)
        ],
        hide_index=True,
        column_config={
            "Before": st.column_config.TextColumn(width=120),
            "After": st.column_config.TextColumn(width=120),
        },
        alt="Your sentences with the model's answer before and after training",
    )
    st.caption(
        "Before training a base model knows words, and nothing of these labels. The best anybody "
        "could say then is the commonest label, for every sentence alike: that is what stands "
        "under Before."
    )


def _said(tried: _Tried, guess: Guess) -> str:
    number = guess_number(guess)
    return f"{defused(tried.labels[number])} {guess.probabilities[number]:.0%}"


def _show_words(training: Training, tried: _Tried) -> None:
    sentences = list(dict.fromkeys(guess.text for guess in tried.after))
    chosen = st.selectbox(
        "Which words decided?", sentences, key="finetune.explained", persist_state="session"
    )
    if st.button(
        "Leave each word out",
        icon=":material/backspace:",
        key="finetune.explain",
        disabled=chosen is None,
        help="The model reads the sentence once without each word. The less sure it is then, the "
        "more that word counted.",
    ):
        sentence = str(chosen)
        ask(_WORDS, lambda cancelled: _explain(training, sentence))
    words = _answer(_WORDS, "The model reads it without each word …", _Words)
    if words is None or words.training_id != training.id or words.sentence != chosen:
        return
    finding = influence_finding(words.influences, words.label)
    st.markdown(f"**{plain(finding)}**")
    st.altair_chart(influence_chart(words.influences), alt=finding)


def _answer(name: str, words: str, kind: type[T]) -> T | None:
    """Return what was asked under `name`, None if nothing was or it went wrong."""
    if not asked(name):
        return None
    try:
        return answer(name, words, kind)
    except LabError as error:
        show_error(error)
        return None
