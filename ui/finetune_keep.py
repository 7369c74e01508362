"""Step 6 of Task 4: the trained model as a zip, on the Hub, and as a script."""

from __future__ import annotations

from io import BufferedReader

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.code import DIFFERENCES, ROWS, rows_csv, script_for_training
from core.finetuning.jobs import Training, trainings
from core.finetuning.package import open_package, package_bytes, package_name
from core.finetuning.scratch import scratch_figures
from core.inference.lab import lab
from core.settings import free_memory_bytes, settings
from ui.errors import show_error
from ui.finetune_push import show_push
from ui.text import size

_FAILED = "finetune.keep.failed"


def show_keep(training: Training) -> None:
    """Offer the model of `training`, which has ended, to take away; nothing if there is none."""
    if training.result is None or training.result.model is None:
        return
    st.header("6 Keep it", anchor=False)
    base = lab().catalogue.get(training.settings.base_id)
    try:
        _offer_zip(training, base)
    except LabError as error:
        show_error(error)
        return
    with st.expander("Push it to the Hub", icon=":material/cloud_upload:"):
        show_push(training, base)
    with st.expander("Show the code", icon=":material/code:"):
        _show_code(training, base)


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
    # The zip is made at the click, outside this page: what goes wrong there is told here after it.
    failed: dict[str, LabError] = st.session_state.setdefault(_FAILED, {})

    def packed() -> BufferedReader:
        try:
            with trainings().store.using(training.folder):
                return open_package(training, base=base, scratch=scratch_figures(training))
        except LabError as error:
            failed[training.id] = error
            raise

    st.download_button(
        f"Download the model · {size(takes)}",
        packed,
        file_name=f"{name}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="finetune.download",
    )
    st.caption(
        "A zip in the format of the Hub: weights as safetensors, tokenizer, and a card with the "
        "data, settings, numbers and limits. Plain transformers loads its folder on any computer."
    )
    if (error := failed.pop(training.id, None)) is not None:
        show_error(error)


def _show_code(training: Training, base: ModelEntry | None) -> None:
    try:
        splits = training.splits()
    except LabError as error:
        show_error(error)
        return
    st.code(script_for_training(training.order, splits, base=base), language="python")
    st.download_button(
        f"The rows it reads: {ROWS}",
        lambda: rows_csv(training.order, splits),
        file_name=ROWS,
        mime="text/csv",
        icon=":material/table:",
        key="finetune.rows",
    )
    st.caption(
        f"Put {ROWS} beside the script. {DIFFERENCES} A text that a spreadsheet would run as a "
        "formula has an apostrophe in front of it there."
    )
