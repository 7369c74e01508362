"""Real work that solves each exercise on what was done, and work that does not, by exercise.

`test_course.py` holds that each exercise of such a kind has an entry here; it is made when asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.exercises.card_facts import DOES_NOT_SAY
from core.finetuning.failure_presets import Preset
from core.work.entries import Answered, Entry, Tokenized
from tests.core.exercises import real_runs as real

Entries = tuple[Entry, ...]


@dataclass(frozen=True)
class Reference:
    """`solves` makes the work that fulfils an exercise; `wrong` work that was begun and does not,
    and `elsewhere` work that is no attempt at it, each with a part of what it is told."""

    solves: Callable[[], Entries]
    wrong: Callable[[], tuple[tuple[Entries, str], ...]]
    elsewhere: Callable[[], tuple[tuple[Entries, str], ...]] = tuple


_MISTRAL, _T5 = "mistralai/Mistral-7B-v0.1", "google-t5/t5-small"
_PHOTO = "The photosynthesis exam was unbelievably hard."
_FRENCH = "Ma sœur lit un bon livre dans la bibliothèque."
_OWN = ("bad and broken and late the shop", "good and great and quick the shop", "okay the car")


def _answered(exercise: str, value: str, *pages: str) -> Entries:
    return (*map(real.page, pages), Answered(exercise, value))


def _said_of(model: str) -> str:
    return real.page(model).datasets[0]


def _four() -> Entries:
    return (
        *(real.story_of("cold-and-warm") for _ in range(2)),
        *(real.story_of("cold-and-warm", temperature=1.2, seed=seed) for seed in (0, 1)),
    )


def _compare(exercise: str, *models: str, repeats: int = 3) -> Entries:
    return (real.comparison(exercise, real.of_models(*models), repeats),)


def _engines() -> Entries:
    return (real.comparison("faster-engine", real.of_story(real.LLAMA_CPP[0], real.REFERENCE)),)


def _bits(*, inputs: int | None = None) -> Entries:
    return (real.comparison("four-bits", real.of_story(*real.LLAMA_CPP), inputs=inputs),)


def _judged(*, against_chrf: bool, blind: bool = True) -> Entries:
    made = real.comparison("eyes-against-chrf", real.of_models(*real.TO_FRENCH), 1)
    return made, real.vote(made, against_chrf=against_chrf, blind=blind)


REFERENCE_RUNS: dict[str, Reference] = {
    "licensed-and-small": Reference(
        lambda: (real.page(_MISTRAL), real.page("openai-community/gpt2")),
        lambda: (
            ((real.page(_MISTRAL),), "7.24 billion parameters"),
            ((real.page("bigscience/bloom-560m"),), "559 million parameters"),
        ),
        lambda: (
            ((real.page(_T5),), "Look for one for text generation"),
            ((real.page(real.STORY),), "on this machine already"),
        ),
    ),
    "card-is-silent": Reference(
        lambda: _answered("card-is-silent", DOES_NOT_SAY, _MISTRAL),
        lambda: (
            (
                _answered("card-is-silent", "C4: English web pages, cleaned", _MISTRAL),
                "a gap is an answer",
            ),
        ),
    ),
    "card-that-tells": Reference(
        lambda: _answered("card-that-tells", _said_of(_T5), _T5),
        lambda: ((_answered("card-that-tells", DOES_NOT_SAY, _T5), "does say something"),),
    ),
    "one-of-each": Reference(
        lambda: tuple(map(real.page, ("GPT-4", _MISTRAL, "EleutherAI/pythia-160m"))),
        lambda: (((real.page(_MISTRAL), real.page(_T5)), "type one of the names"),),
        lambda: (((real.page(_MISTRAL),), "Still to find: closed and open-source"),),
    ),
    "tokens-of-a-sentence": Reference(
        lambda: real.predicted("tokens-of-a-sentence", 20.0, [real.tokens(real.STORY, _PHOTO)]),
        lambda: (
            (
                real.predicted("tokens-of-a-sentence", 7.0, [real.tokens(real.MICRO, _PHOTO)]),
                r"Open **starter/gpt2-stories**",
            ),
            (
                real.predicted("tokens-of-a-sentence", 7.0, [real.tokens(real.STORY, "Hello.")]),
                "The text there was “Hello.”",
            ),
        ),
    ),
    "tokens-in-french": Reference(
        lambda: tuple(real.tokens(model, _FRENCH) for model in (real.STORY, real.TO_FRENCH[0])),
        lambda: (
            ((real.tokens(real.STORY, _FRENCH),), "Choose another model beside it"),
            (
                (Tokenized(real.STORY, _FRENCH, 28), real.tokens(real.TO_FRENCH[0], "Bonjour.")),
                "alone",
            ),
        ),
    ),
    "who-ends": Reference(
        lambda: real.predicted("who-ends", "the limit", [real.story_of("who-ends")]),
        lambda: (
            (
                real.predicted("who-ends", "the model", [real.story("Hello.")]),
                "Run “The lighthouse keeper had a parrot.”",
            ),
            (
                real.predicted("who-ends", "the model", [real.story_of("who-ends", temperature=1)]),
                "at temperature 1. Set it to 0",
            ),
            (
                real.predicted(
                    "who-ends", "the model", [real.story_of("who-ends", max_new_tokens=9)]
                ),
                "max new tokens at 9. Set that to 150",
            ),
        ),
    ),
    "same-seed-again": Reference(
        lambda: real.predicted(
            "same-seed-again", "another text", [real.story_of("same-seed-again") for _ in range(2)]
        ),
        lambda: (
            (
                real.predicted(
                    "same-seed-again",
                    "the same text",
                    [real.story_of("same-seed-again", temperature=0) for _ in range(2)],
                ),
                "where no seed matters",
            ),
            (
                real.predicted(
                    "same-seed-again",
                    "the same text",
                    [real.story_of("same-seed-again", seed=seed) for seed in (1, 2)],
                ),
                "with the seed 2. Run it once more",
            ),
        ),
    ),
    "cold-and-warm": Reference(
        _four,
        lambda: (
            (_four()[:2], "Now run “Once upon a time in AI world,” at temperature 1.2"),
            (_four()[:3], "Change the seed"),
            ((*_four()[:3], _four()[2]), "all had the seed 0"),
        ),
        lambda: ((_four()[:1], "once at temperature 0. Run it again"),),
    ),
    "least-sure": Reference(
        lambda: (real.story_of("least-sure", alternatives=4),),
        lambda: (
            (
                (real.story_of("least-sure", alternatives=4, max_new_tokens=5),),
                "Only 5 tokens came",
            ),
        ),
        lambda: (((real.story_of("least-sure"),), "Show how sure the model was"),),
    ),
    "cut-short": Reference(
        lambda: (
            real.quiet(real.story_of("cut-short")),
            real.quiet(real.story_of("cut-short", max_new_tokens=250)),
        ),
        lambda: (
            ((real.story_of("cut-short"),), "let the model end the text by itself"),
            (
                (real.story_of("cut-short"), real.story("Hello.", max_new_tokens=250)),
                "differ in more than the limit",
            ),
        ),
        lambda: (((real.story_of("cut-short", max_new_tokens=250),), "Cut it short"),),
    ),
    "longer-text": Reference(
        lambda: (
            real.quiet(real.story_of("longer-text")),
            real.quiet(real.story_of("longer-text", max_new_tokens=200)),
        ),
        lambda: (
            (
                (real.story_of("longer-text"), real.story_of("longer-text", max_new_tokens=25)),
                "at least 3 times as long",
            ),
            (
                (
                    real.story_of("longer-text"),
                    real.story_of("longer-text", temperature=1, max_new_tokens=100),
                ),
                "Change that alone",
            ),
        ),
        lambda: (((real.story_of("longer-text"),), "Change max new tokens"),),
    ),
    "faster-summary": Reference(
        lambda: _compare("faster-summary", real.NANO, real.MICRO),
        lambda: (
            (
                _compare("faster-summary", real.NANO, real.MICRO, repeats=1),
                "Each answered once",
            ),
            (
                (
                    replace(
                        real.comparison("faster-summary", real.of_models(real.NANO, real.MICRO)),
                        complete=False,
                    ),
                ),
                "stopped after 6 runs",
            ),
        ),
        lambda: (
            (
                _compare("eyes-against-chrf", *real.TO_FRENCH, repeats=1),
                "Choose the task **Summarization**",
            ),
        ),
    ),
    "longer-summary": Reference(
        lambda: _compare("longer-summary", real.NANO, real.MICRO),
        lambda: (
            (_compare("longer-summary", real.NANO, real.MICRO, repeats=1), "Each answered once"),
        ),
    ),
    "faster-engine": Reference(
        lambda: real.predicted("faster-engine", "transformers float32", _engines()),
        lambda: (
            (
                real.predicted("faster-engine", "llama.cpp Q8_0", _bits()),
                "Same model, another engine",
            ),
        ),
    ),
    "ms-a-token": Reference(
        lambda: tuple(map(real.quiet, _engines())),
        lambda: (),
        lambda: ((_bits(inputs=1), "Take more inputs"),),
    ),
    "four-bits": Reference(
        _bits,
        lambda: ((_bits(inputs=1), "You gave them 1 input. Give them at least 3"),),
        lambda: (
            (_compare("faster-summary", real.NANO, real.MICRO), "**Text generation**"),
            (_engines(), "Same model, other precision"),
        ),
    ),
    "eyes-against-chrf": Reference(
        lambda: _judged(against_chrf=True),
        lambda: (
            (_judged(against_chrf=True, blind=False), "you saw the names before you judged"),
            (_judged(against_chrf=False), "does not prefer another answer than you do"),
        ),
        lambda: (
            (_judged(against_chrf=True)[:1], "You have not said yet which answer to input 1"),
        ),
    ),
    "few-labels": Reference(
        lambda: real.predicted("few-labels", 60.0, [real.trained(real.training(labels_used=128))]),
        lambda: (
            (
                real.predicted("few-labels", 60.0, [real.trained(real.training())]),
                "learned from 160 texts. Set **Labelled texts used** to 128",
            ),
            (
                real.predicted(
                    "few-labels", 60.0, [real.trained(real.training(Preset.IMBALANCED))]
                ),
                "Choose **A sound training**",
            ),
        ),
    ),
    "majority-baseline": Reference(
        lambda: (real.trained(real.training()),),
        lambda: (
            ((replace(real.trained(real.training()), stopped=True),), "You stopped that training"),
        ),
    ),
    "curves-expected": Reference(
        lambda: (real.trained(real.training(), expected="Both hardly move"),),
        lambda: (
            (
                (replace(real.trained(real.training(), expected="Both move"), stopped=True),),
                "You stopped that training",
            ),
        ),
        lambda: (
            ((real.trained(real.training()),), "without saying what you expect"),
            (
                (real.trained(real.training(pretrained=False), expected="Both hardly move"),),
                "did not begin with the base model",
            ),
        ),
    ),
    "head-start": Reference(
        lambda: (real.trained(real.training()), real.curve()),
        lambda: (
            (
                (
                    real.trained(real.training()),
                    replace(real.curve(), points=real.curve().points[:3]),
                ),
                "not both of those at 32",
            ),
        ),
        lambda: (((real.trained(real.training()),), "Press **Draw the learning curve**"),),
    ),
    "own-sentences": Reference(
        lambda: (real.sentences(*_OWN),),
        lambda: (
            ((real.sentences(*_OWN[:2]),), "2 sentences of your own so far"),
            (
                (real.sentences(*[text for text in _OWN[:1] for _ in range(3)]),),
                "for none of your sentences",
            ),
        ),
        lambda: (
            (
                (
                    real.sentences(
                        "The coffee is hot and the machine is quiet. Love it!",
                        "It broke after two days and nobody answers.",
                        "Great, another update that deletes my tickets.",
                    ),
                ),
                "0 sentences of your own",
            ),
        ),
    ),
    "spoilt-training": Reference(
        lambda: (real.trained(real.training(Preset.TOO_FAST, learning_rate=0.1)),),
        lambda: (
            (
                (
                    replace(
                        real.trained(real.training(Preset.TOO_FAST, learning_rate=0.1)),
                        stopped=True,
                        diverged=False,
                    ),
                ),
                "Let it run to its end",
            ),
        ),
        lambda: (
            ((real.trained(real.training()),), "Your training was sound. Choose one that fails"),
        ),
    ),
}
