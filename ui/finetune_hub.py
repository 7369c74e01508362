"""A dataset of the Hub as data of Task 4: its name, its part, its rows, each asked for once."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.errors import LabError
from core.finetuning.hub_dataset import MOST_ROWS, Part, dataset_parts, read_dataset
from core.finetuning.reading import Table
from ui.errors import show_error
from ui.text import plain
from ui.waiting import answer, ask, asked

_PARTS, _ROWS = "finetune.hub.parts", "finetune.hub.rows"


@dataclass(frozen=True)
class _Parts:
    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Rows:
    id: str
    part: Part
    table: Table


def choose_dataset() -> tuple[str, Table] | None:
    """Let the student name a dataset and read its rows; return a key of the choice and the rows."""
    with st.form("finetune.hub.form", border=False):
        typed = st.text_input(
            "Dataset on the Hub",
            key="finetune.hub.id",
            placeholder="owner/name",
            help="Task 1 finds datasets. One with a column of texts and one of labels is needed.",
            persist_state="session",
        )
        looked = st.form_submit_button("Look it up", icon=":material/search:")
    id = typed.strip().removeprefix("https://huggingface.co/datasets/").strip("/")
    if looked and id:
        ask(_PARTS, lambda cancelled: _Parts(id, dataset_parts(id, cancelled=cancelled)))
    if not asked(_PARTS):
        st.info(
            f"Name a dataset, for instance `cornell-movie-review-data/rotten_tomatoes`. Up to "
            f"{MOST_ROWS:,} of its rows are read. Datasets have licences too: its page on the Hub "
            "names them.",
            icon=":material/dataset:",
        )
        return None
    try:
        found = answer(_PARTS, "Asking the Hub for its parts …", _Parts)
        if found is None:
            return None
        return _read(found)
    except LabError as error:
        show_error(error)
        return None


def _read(found: _Parts) -> tuple[str, Table] | None:
    st.caption(f":material/dataset: {plain(found.id)}")
    part = found.parts[0]
    if len(found.parts) > 1:
        several = len({one.config for one in found.parts}) > 1
        part = st.selectbox(
            "Part of the dataset",
            found.parts,
            index=_train(found.parts),
            format_func=lambda one: f"{one.config}, {one.split}" if several else one.split,
            key=f"finetune.hub.{found.id}.part",
            help="The lab splits these rows itself into those to learn from and those to test on.",
            persist_state="session",
        )
    if st.button("Read its rows", icon=":material/download:", key="finetune.hub.read"):
        ask(
            _ROWS,
            lambda cancelled: _Rows(
                found.id, part, read_dataset(found.id, part, cancelled=cancelled)
            ),
        )
    if not asked(_ROWS):
        return None
    rows = answer(_ROWS, "Reading rows, a hundred at a time …", _Rows)
    if rows is None or (rows.id, rows.part) != (found.id, part):
        return None
    return f"hub.{rows.id}.{rows.part.config}.{rows.part.split}", rows.table


def _train(parts: tuple[Part, ...]) -> int:
    return next((at for at, part in enumerate(parts) if part.split == "train"), 0)
