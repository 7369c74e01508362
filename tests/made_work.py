"""A learner's work of every kind, without having been done: what was written can be anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.explore.types import Fact, Kind, Origin, Verdict
from core.finetuning.types import Guess, Interval, TrainingSettings, TrainingStep
from core.inference.types import (
    Engine,
    Filling,
    GenerationConfig,
    LabelProbability,
    Provenance,
    Request,
    Result,
    Runtime,
    Task,
    Timing,
    TokenChoice,
)
from core.work.entries import (
    Answered,
    Comparison,
    Curve,
    CurveMeasured,
    Done,
    Entry,
    HintTaken,
    Judged,
    LessonOpened,
    PageRead,
    Predicted,
    Run,
    SavedCandidate,
    SavedRun,
    SentencesTried,
    SolutionSeen,
    StartedOver,
    Tokenized,
    Trained,
)
from core.work.work import Work

STORIES, NOVELS = "starter/llama-stories", "starter/gpt2-stories"
BEGAN_S = 1_764_000_000.0
TRAINING = "0123456789abcdef" * 2
SAID = "Once upon a time a small robot found a lamp."


def work_of(entries: Iterable[Entry]) -> Work:
    """Return `entries` as done one after the other, a minute apart."""
    return Work(
        tuple(
            Done(f"{place:032x}", BEGAN_S + 60.0 * place, entry)
            for place, entry in enumerate(entries)
        )
    )


def some_work(*, said: str = SAID, runs: int = 2, comparisons: int = 1, trainings: int = 1) -> Work:
    """Return work with something of every kind; `said` stands wherever a text can stand."""
    return work_of(
        [
            LessonOpened(1),
            *_answers(said),
            *(a_run(f"{said} {number}", seed=number) for number in range(runs)),
            a_filling(said),
            *(a_comparison(said, name=f"{number:032x}") for number in range(comparisons)),
            Judged(f"{0:032x}", 1, STORIES, blind=True),
            Judged(f"{0:032x}", 1, None, blind=False),
            a_page(said),
            Tokenized(STORIES, said, 9),
            *(a_training(said, training_id=f"{number:032x}") for number in range(trainings)),
            Curve(TRAINING, f"{0:032x}", (CurveMeasured(8, True, Interval(0.6, 0.5, 0.7)),) * 2),
            SentencesTried(
                f"{0:032x}", ("bad", "good"), (Guess(said, (0.5, 0.5)),), (Guess(said, (0.1, 0.9)),)
            ),
        ]
    )


def _answers(said: str) -> Iterator[Entry]:
    yield Answered("a-text", said)
    yield Answered("a-number", 42.0)
    yield Answered("some-choices", (said, "1"))
    yield Answered("some-pairs", {"left": said})
    yield Predicted("a-guess", 7.0)
    yield HintTaken("a-text", 1)
    yield SolutionSeen("a-text")
    yield StartedOver("a-number")


def a_run(said: str = SAID, *, model: str = STORIES, seed: int = 0, samples: bool = True) -> Run:
    """Return a run of Task 2 that told how sure the model was."""
    config = GenerationConfig(max_new_tokens=20, temperature=0.8 * samples, seed=seed)
    return Run(
        Request(Task.TEXT_GENERATION, model, said, config),
        Result(
            said,
            5,
            20,
            Timing(0.0, 0.2, 0.01, 0.1, 0.11),
            provenance(model),
            notices=("The text was too long; its beginning was left out.",),
            choices=(TokenChoice(said[:3], 0.5, ((said[:3], 0.5), ("x", 0.2))),),
        ),
    )


def a_filling(said: str = SAID) -> Run:
    """Return a run that filled a gap."""
    return Run(
        Request(Task.FILL_MASK, "starter/bert-reviews", f"{said} [MASK].", GenerationConfig(1)),
        Result(
            said,
            5,
            1,
            Timing(0.0, 0.0, 0.01, 0.0, 0.01),
            provenance("starter/bert-reviews"),
            fillings=(Filling(said, 0.5, 7, said),),
            labels=(LabelProbability(said, 0.5),),
        ),
        place="lesson-4",
    )


def a_comparison(
    said: str = SAID, *, name: str = "c" * 32, inputs: int = 2, repeats: int = 3
) -> Comparison:
    """Return a comparison of two models whose figures differ clearly."""
    models = (STORIES, NOVELS)
    return Comparison(
        id=name,
        task=Task.TEXT_GENERATION,
        candidates=(
            SavedCandidate(STORIES),
            SavedCandidate(NOVELS, Runtime(Engine.LLAMA_CPP, "Q8_0")),
        ),
        inputs=tuple(f"{said} {number}" for number in range(inputs)),
        repeats=repeats,
        config=GenerationConfig(20),
        runs=tuple(
            SavedRun(
                candidate,
                text,
                repeat,
                output=candidate,
                made=candidate,
                tokens_in=5,
                tokens_out=10 + 3 * text + 5 * candidate,
                timing=Timing(0.0, 0.0, 0.01, 0.1, 0.1 + 0.02 * text + 0.05 * candidate),
            )
            for repeat in range(repeats)
            for text in range(inputs)
            for candidate in (0, 1)
        ),
        outputs=(said, f"{said} It shone."),
        made=tuple(map(provenance, models)),
    )


def a_page(said: str = SAID) -> PageRead:
    """Return the page of a model whose card says little."""
    return PageRead(
        Kind.MODEL,
        "openai-community/gpt2",
        Origin.SNAPSHOT,
        task="text-generation",
        parameters=124_000_000,
        gated=False,
        licence="mit",
        datasets=(said,),
        verdict=Verdict.OPEN_WEIGHTS,
        gaps=("Training data",),
        facts=(Fact("Licence", said, "the card"),),
    )


def a_training(
    said: str = SAID, *, training_id: str = TRAINING, fell_apart: bool = False
) -> Trained:
    """Return a training whose loss falls, or in the end is no number any more."""
    steps = tuple(
        TrainingStep(
            step,
            20,
            step / 10,
            1.2 / step,
            1.4 / step if step % 5 == 0 else None,
            0.4 + step / 40 if step % 5 == 0 else None,
        )
        for step in range(1, 21)
    )
    if fell_apart:
        steps = (*steps, TrainingStep(21, 21, 2.1, float("nan"), float("inf")))
    figure = None if fell_apart else Interval(0.9, 0.85, 0.94)
    return Trained(
        training_id,
        said[:100],
        "sound",
        TrainingSettings("starter/bert-reviews", labels_used=32),
        ("bad", said[:20], "good"),
        32,
        steps,
        figure,
        figure,
        0.4,
        12.5,
        300_000_000,
        stopped=False,
        diverged=fell_apart,
        expected="Both hardly move",
    )


def provenance(model: str) -> Provenance:
    """Return that of a run on a quick engine."""
    return Provenance(model, "1", "llama.cpp", "F16", "cpu", 1, (("xllamacpp", "1.0"),))
