"""Step 1 of Task 4: the data, the lab's own or a student's file, looked at before training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import pandas as pd
import streamlit as st

from core.errors import LabError
from core.finetuning.checks import Finding, Severity, blocks, check
from core.finetuning.columns import ColumnGuess, Loaded, guess_columns, to_examples
from core.finetuning.data_export import defused
from core.finetuning.data_labels import SCHEME_NAMES, Scheme
from core.finetuning.feedback import customer_feedback
from core.finetuning.label_chart import count_labels, label_chart, label_finding
from core.finetuning.reading import Table, read_table
from core.finetuning.splitting import split
from core.finetuning.types import Splits
from ui.errors import show_error
from ui.finetune_hub import choose_dataset
from ui.text import plain

_OWN, _BUILT_IN, _HUB = "My own file", "Customer feedback", "A dataset of the Hub"
_FILE, _PREPARED = "finetune.file", "finetune.prepared"
_FROM_HUB = "finetune.hub.file"
_KEPT, _KEPT_DATA = "Data of my last training", "finetune.data"
_NO_SPLIT = "None: the lab splits the rows"
_SEED = 9
_PREVIEWED = 5
_BAR_HEIGHT = 36


@dataclass(frozen=True)
class _File:
    """An upload that was read; it stays while the visit lasts, whatever page is open."""

    id: str
    table: Table
    guess: ColumnGuess


@dataclass(frozen=True)
class _Prepared:
    """What came of a file with one choice of columns."""

    of: tuple[object, ...]
    loaded: Loaded
    findings: tuple[Finding, ...]
    splits: Splits | None


def choose_data() -> Splits | None:
    """Let the student choose the data and look at them; None while nothing can be trained on."""
    st.header("1 Data", anchor=False)
    source = st.segmented_control(
        "Where the texts come from",
        [_BUILT_IN, _OWN, _HUB, *([_KEPT] if _KEPT_DATA in st.session_state else [])],
        default=_BUILT_IN,
        required=True,
        key="finetune.source",
        persist_state="session",
    )
    if source == _BUILT_IN:
        splits = customer_feedback()
        st.caption(
            "Written for this course: what customers say of three products. Each text is "
            "negative, neutral or positive. The test texts were written by hand, apart from the "
            "others."
        )
        _preview_examples(splits)
        _show_labels(splits)
        return splits
    if source == _KEPT:
        kept: Splits = st.session_state[_KEPT_DATA]
        st.caption(f":material/history: {plain(kept.name)}, as the lab kept it for the training.")
        _preview_examples(kept)
        _show_labels(kept)
        return kept
    file = _upload() if source == _OWN else _from_hub()
    return _map(file) if file is not None else None


def keep_data(splits: Splits) -> None:
    """Offer `splits` as the data, chosen already; call it before the choice is drawn."""
    st.session_state[_KEPT_DATA] = splits
    st.session_state["finetune.source"] = _KEPT


def _upload() -> _File | None:
    upload = st.file_uploader(
        "A file with one text and its label in each row",
        # Any name is taken: what is in the file decides, and the reader says what is wrong.
        key="finetune.upload",
        help="CSV, TSV or JSON; Excel saves as CSV. Up to 50,000 rows are used.",
    )
    kept: _File | None = st.session_state.get(_FILE)
    if upload is not None and (kept is None or kept.id != upload.file_id):
        try:
            with st.spinner("Reading the file …"):
                table = read_table(upload.getvalue(), name=upload.name)
                kept = _File(upload.file_id, table, guess_columns(table))
        except LabError as error:
            show_error(error)
            return None
        st.session_state[_FILE] = kept
    if kept is None:
        st.info(
            "Upload a file, for instance feedback with stars. It stays on this machine, and the "
            "lab shows what it understood before anything is trained.",
            icon=":material/upload_file:",
        )
    elif upload is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f":material/description: {plain(kept.table.name)} is still here.")
            if st.button("Remove it", key="finetune.forget", type="tertiary"):
                del st.session_state[_FILE]
                st.rerun()
    return kept


def _from_hub() -> _File | None:
    found = choose_dataset()
    if found is None:
        return None
    key, table = found
    kept: _File | None = st.session_state.get(_FROM_HUB)
    if kept is None or kept.id != key:
        kept = st.session_state[_FROM_HUB] = _File(key, table, guess_columns(table))
    return kept


def _map(file: _File) -> Splits | None:
    table, guess = file.table, file.guess
    st.caption(f"{len(table.rows):,} rows, {len(table.columns)} columns, read as {table.encoding}.")
    for note in table.notes:
        st.caption(f":material/info: {plain(note)}")
    _preview(table.rows[:_PREVIEWED], list(table.columns))
    columns = list(table.columns)
    key = f"finetune.{file.id}"
    with st.grid(2, min_column_width=260):
        text = _column("Column of the texts", columns, guess.text, f"{key}.text")
        label = _column("Column of the labels", columns, guess.label, f"{key}.label")
        scheme = st.selectbox(
            "How the labels are written",
            list(Scheme),
            index=list(Scheme).index(guess.scheme),
            format_func=lambda one: SCHEME_NAMES[one],
            key=f"{key}.scheme",
            persist_state="session",
        )
        part = _column(
            "Column of the splits", [_NO_SPLIT, *columns], guess.split or _NO_SPLIT, f"{key}.split"
        )
    if text is None or label is None:
        st.info("Choose the columns of the texts and of the labels.", icon=":material/lightbulb:")
        return None
    try:
        prepared = _prepare(file, text, label, scheme, None if part == _NO_SPLIT else part)
    except LabError as error:
        show_error(error)
        return None
    for finding in prepared.findings:
        _show_finding(finding)
    if prepared.splits is not None:
        _show_labels(prepared.splits)
    return prepared.splits


def _prepare(file: _File, text: str, label: str, scheme: Scheme, part: str | None) -> _Prepared:
    of = (file.id, text, label, scheme, part)
    known: _Prepared | None = st.session_state.get(_PREPARED)
    if known is not None and known.of == of:
        return known
    with st.spinner("Looking at the rows …"):
        loaded = to_examples(file.table, text=text, label=label, scheme=scheme, split=part)
        findings = check(loaded)
        splits = None
        if not blocks(findings):
            splits = split(loaded.examples, seed=_SEED, given=loaded.given, name=file.table.name)
    prepared = _Prepared(of, loaded, findings, splits)
    st.session_state[_PREPARED] = prepared
    return prepared


def _column(words: str, columns: list[str], guess: str | None, key: str) -> str | None:
    chosen = st.selectbox(
        words,
        columns,
        index=columns.index(guess) if guess in columns else None,
        key=key,
        placeholder="Choose a column",
        persist_state="session",
    )
    return cast("str | None", chosen)


def _preview_examples(splits: Splits) -> None:
    # The label first: beside a long text a phone would not show it.
    _preview([(one.label, one.text) for one in splits.train[:_PREVIEWED]], ["label", "text"])


def _preview(rows: Iterable[Sequence[str]], columns: list[str]) -> None:
    st.dataframe(
        # A table on the screen can be downloaded: no formula in it may run elsewhere.
        pd.DataFrame(([defused(cell) for cell in row] for row in rows), columns=columns),
        hide_index=True,
        alt=f"The first rows of the data, with the columns {', '.join(columns)[:200]}",
    )


def _show_finding(finding: Finding) -> None:
    words = f"{plain(finding.what)} {plain(finding.next_step)}"
    if finding.rows:
        words += f" (row {', '.join(f'{row:,}' for row in finding.rows)})"
    if finding.severity is Severity.ERROR:
        st.error(words, icon=":material/error:")
    elif finding.severity is Severity.WARNING:
        st.warning(words, icon=":material/warning:")
    else:
        st.caption(f":material/info: {words}")


def _show_labels(splits: Splits) -> None:
    counts = count_labels(splits)
    finding = label_finding(counts)
    st.markdown(f"**{plain(finding)}**")
    # Axis and legend stand within the height, so the bars get what is left.
    height = _BAR_HEIGHT * min(len(splits.labels), 20) + 150
    st.altair_chart(label_chart(counts), height=height, alt=finding)
