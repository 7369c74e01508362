"""Step 4 of Task 4: how good the trained model is, and what it cost."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import LabError
from core.finetuning.companions import scratch_of, train_scratch
from core.finetuning.data_export import defused
from core.finetuning.evaluation import surest_mistakes
from core.finetuning.failure_presets import PRESETS, SPOILT, Preset, preset_of
from core.finetuning.jobs import State, Training
from core.finetuning.records import TrainingResult
from core.finetuning.result_charts import confusion_chart, confusion_finding
from core.finetuning.types import Evaluation, Interval
from ui.errors import show_error
from ui.finetune_use import show_use
from ui.finetune_veil import diagnosis_key, is_veiled
from ui.models import count
from ui.record import learner
from ui.text import duration, plain, size

_DIAGNOSED = tuple(PRESETS[preset].label for preset in SPOILT)


def show_results(training: Training) -> None:
    """Draw the figures of `training`, which has ended; nothing if nothing came out."""
    result = training.result
    if result is None:
        return
    _ask_diagnosis(training)
    if result.model is None:
        return
    st.header("4 Results", anchor=False)
    if result.evaluation is None:
        st.info("The data have no texts to test on, so nothing can be said of the model.")
    else:
        _show_figures(training, result.evaluation)
        _show_confusion(result.evaluation)
        _show_mistakes(result.evaluation)
    _show_cost(result)
    # The name of the model tells what was wrong with it.
    if not is_veiled(training):
        show_use(training)


def _ask_diagnosis(training: Training) -> None:
    preset = preset_of(training.order.name)
    if preset is Preset.SOUND:
        return
    said = st.radio(
        "Your diagnosis: what went wrong here, judged by the curves?",
        _DIAGNOSED,
        index=None,
        key=diagnosis_key(training),
        persist_state="session",
    )
    if said is None:
        return
    info = PRESETS[preset]
    if said == info.label:
        st.success(f"Yes. {info.diagnosis}", icon=":material/check_circle:")
    else:
        st.info(f"It was: {info.label}. {info.diagnosis}", icon=":material/lightbulb:")


def _show_figures(training: Training, evaluation: Evaluation) -> None:
    better = evaluation.accuracy.value - evaluation.majority
    st.markdown(
        f"**{evaluation.accuracy.value:.0%} of {len(evaluation.examples):,} test texts are right: "
        f"{better * 100:+.0f} points against always guessing the commonest label**"
    )
    rows = [
        ("This model", _interval(evaluation.accuracy), _interval(evaluation.macro_f1)),
        ("Always the commonest label", f"{evaluation.majority:.1%}", ""),
    ]
    scratch = scratch_of(training)
    done = scratch.result.evaluation if scratch is not None and scratch.result else None
    if done is not None:
        rows.insert(
            1, ("The same, from scratch", _interval(done.accuracy), _interval(done.macro_f1))
        )
    st.table(
        pd.DataFrame(rows, columns=["", "Accuracy", "Macro-F1"]).set_index(""),
        alt="Accuracy and macro-F1 beside the baselines",
    )
    st.caption(
        "In brackets: where the figure lies with 95 % confidence. Macro-F1 counts each label "
        "alike, however rare it is."
    )
    if training.settings.pretrained:
        _offer_scratch(training, scratch)


def _offer_scratch(training: Training, scratch: Training | None) -> None:
    if scratch is not None and not scratch.state.ended:

        @st.fragment(run_every=1.0)
        def follow() -> None:
            latest = scratch.latest
            share = latest.step / max(1, latest.steps) if latest else 0.0
            st.progress(min(1.0, share), "The same network learns from scratch …")
            if scratch.state.ended:
                st.rerun()

        follow()
        return
    if scratch is not None and scratch.state is State.DONE:
        return
    if st.button(
        "Train the same from scratch",
        icon=":material/restart_alt:",
        key="finetune.scratch",
        help="The same network, data and settings, but it begins with random weights. The "
        "difference is what the base model is worth.",
    ):
        try:
            train_scratch(training, learner())
        except LabError as error:
            show_error(error)
        else:
            st.rerun()


def _show_confusion(evaluation: Evaluation) -> None:
    finding = confusion_finding(evaluation)
    st.markdown(f"**{plain(finding)}**")
    st.altair_chart(confusion_chart(evaluation), alt=finding)


def _show_mistakes(evaluation: Evaluation) -> None:
    mistakes = surest_mistakes(evaluation)
    if not mistakes:
        return
    st.subheader("The mistakes it was surest of", anchor=False)
    st.dataframe(
        [
            {
                "Sure": mistake.probability * 100,
                "Guess": defused(mistake.guessed),
                "True label": defused(mistake.example.label),
                "Text": defused(mistake.example.text),
            }
            for mistake in mistakes
        ],
        hide_index=True,
        column_config={
            "Sure": st.column_config.NumberColumn(format="%.0f %%", width=60),
            "Guess": st.column_config.TextColumn(width=80),
            "True label": st.column_config.TextColumn(width=80),
        },
        alt="Test texts that the model was wrong about, those it was surest of first",
    )


def _show_cost(result: TrainingResult) -> None:
    cost = result.cost
    st.subheader("What it cost", anchor=False)
    with st.grid(3, min_column_width=160):
        st.metric("Time", duration(cost.seconds))
        st.metric("Peak memory", size(cost.peak_memory_bytes))
        st.metric("Trained parameters", count(cost.trained_parameters))
    st.caption(
        f"Of {cost.parameters:,} parameters, {cost.trained_parameters:,} were trained, in "
        f"{result.precision}. The model kept is that of step {result.best_step:,}, where the "
        "validation loss was lowest."
    )


def _interval(figure: Interval) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"
