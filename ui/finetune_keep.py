"""Step 7 of Task 4: the trained model as a zip, on the Hub, and as a script."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader
from typing import TypeVar

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.code import DIFFERENCES, ROWS, rows_csv, script_for_training
from core.finetuning.companions import scratch_figures
from core.finetuning.jobs import Training, trainings
from core.finetuning.package import open_package, package_bytes, package_name
from core.inference.lab import lab
from core.settings import free_memory_bytes, settings
from ui.errors import show_error
from ui.finetune_push import show_push
from ui.finetune_veil import is_veiled
from ui.text import size

T = TypeVar("T")

_FAILED = "finetune.keep.failed"


def show_keep(training: Training) -> None:
    """Offer the model of `training`, which has ended, to take away.

    Nothing is drawn if there is none, or while what was wrong with it is kept back.
    """
    if training.result is None or training.result.model is None or is_veiled(training):
        return
    st.header("7 Keep it", anchor=False)
    base = lab().catalogue.get(training.settings.base_id)
    try:
        _offer_zip(training, base)
        with st.expander("Push it to the Hub", icon=":material/cloud_upload:"):
            show_push(training, base)
        with st.expander("Show the code", icon=":material/code:"):
            _show_code(training, base)
    except LabError as error:
        show_error(error)


def _offer_zip(training: Training, base: ModelEntry | None) -> None:
    name, takes = package_name(training), package_bytes(training)
    # Streamlit hands a download out of memory.
    if takes > free_memory_bytes(settings()) / 2:
        st.info(
            f"The model takes {size(takes)}, too much to hand out from memory just now. Push it to "
            "the Hub instead, or come back later.",
            icon=":material/memory:",
        )
        return

    def packed() -> BufferedReader:
        return open_package(training, base=base, scratch=scratch_figures(training))

    st.download_button(
        f"Download the model · {size(takes)}",
        _at_click(training, packed),
        file_name=f"{name}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="finetune.download",
    )
    st.caption(
        "A zip in the format of the Hub: weights as safetensors, tokenizer, and a card with the "
        "data, settings, numbers and limits. Plain transformers loads its folder on any computer."
    )
    if (error := _failed().pop(training.id, None)) is not None:
        show_error(error)


def _at_click(training: Training, make: Callable[[], T]) -> Callable[[], T]:
    """Return what makes a download: it runs at the click, outside this page.

    What goes wrong there is told when the page is drawn next.
    """
    failed = _failed()

    def made() -> T:
        try:
            with trainings().store.using(training.folder):
                return make()
        except LabError as error:
            failed[training.id] = error
            raise

    return made


def _failed() -> dict[str, LabError]:
    failed: dict[str, LabError] = st.session_state.setdefault(_FAILED, {})
    return failed


def _show_code(training: Training, base: ModelEntry | None) -> None:
    st.code(script_for_training(training.order, _labels(training), base=base), language="python")
    st.download_button(
        f"The rows it reads: {ROWS}",
        _at_click(training, lambda: rows_csv(training.order, training.splits())),
        file_name=ROWS,
        mime="text/csv",
        icon=":material/table:",
        key="finetune.rows",
    )
    st.caption(
        f"Put {ROWS} beside the script. {DIFFERENCES} A text that a spreadsheet would run as a "
        "formula has an apostrophe in front of it there."
    )


def _labels(training: Training) -> tuple[str, ...]:
    evaluation = training.result.evaluation if training.result is not None else None
    # The data of a training can be large: they are read for their labels alone where nothing was
    # tested.
    return evaluation.labels if evaluation is not None else training.splits().labels
