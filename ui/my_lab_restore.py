"""Restoring a passport: what is in it is shown before anything is taken in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import LabError
from core.passport.bounded_json import MAX_BYTES
from core.passport.contents import contents
from core.passport.types import Passport, PassportError
from ui.errors import show_error
from ui.learner import book
from ui.text import counted, plain
from ui.zone import clock

_READ, _RESTORED = "my_lab.read", "my_lab.restored"


def show_restore() -> None:
    """Draw the upload, what the passports hold, and the button that restores them."""
    uploads = st.file_uploader(
        "Passport",
        type=["json"],
        accept_multiple_files=True,
        key="my_lab.upload",
        help="The file that you downloaded from My lab. Of several parts upload all.",
    )
    if not uploads:
        st.caption(
            "What is in the file is added to what is here. Nothing is overwritten, and restoring "
            "twice doubles nothing."
        )
        return
    passports = [passport for upload in uploads if (passport := _read(upload)) is not None]
    if not passports:
        return
    for passport in passports:
        _show_contents(passport)
    if st.button("Restore", type="primary", icon=":material/restore_page:", key="my_lab.restore"):
        _restore(passports)


def tell_restored() -> None:
    """Say how much was restored, once."""
    number = st.session_state.pop(_RESTORED, None)
    if number == 0:
        st.info("All of it was here already: nothing was added.", icon=":material/check_circle:")
    elif number is not None:
        st.success(
            f"Restored: {counted(number, 'record')} added. Answers, runs and charts are back.",
            icon=":material/check_circle:",
        )


def _read(upload: UploadedFile) -> Passport | None:
    """Return the passport in `upload`, read once a visit; what is wrong with it is shown."""
    known: dict[str, Passport | LabError] = st.session_state.setdefault(_READ, {})
    if upload.file_id not in known:
        st.session_state[_READ] = known = {upload.file_id: _passport(upload), **known}
        for old in list(known)[8:]:
            del known[old]
    found = known[upload.file_id]
    if isinstance(found, LabError):
        st.caption(plain(upload.name))
        show_error(found)
        return None
    return found


def _passport(upload: UploadedFile) -> Passport | LabError:
    # Before anything is read.
    if upload.size > MAX_BYTES:
        return PassportError(
            f"This file has {upload.size / 1e6:,.0f} MB; no passport has more than "
            f"{MAX_BYTES / 1e6:g} MB.",
            next_step="Choose the passport that you downloaded from My lab.",
        )
    from core.passport.reading import read_passport

    try:
        with st.spinner("Reading …"):
            return read_passport(upload.getvalue())
    except PassportError as error:
        return error


def _show_contents(passport: Passport) -> None:
    held = " · ".join(contents(passport.records)) or "nothing"
    times = [record.created_s for record in passport.records]
    lines = [f"**In it:** {held}"]
    if times:
        lines.append(f"Done from {clock().minute(min(times))} to {clock().minute(max(times))}.")
    lines.append(
        f"Written on {clock().minute(passport.made.timestamp())} by Open Model Lab "
        f"{plain(passport.lab)}."
    )
    st.info("\n\n".join(lines), icon=":material/badge:")


def _restore(passports: Sequence[Passport]) -> None:
    try:
        with st.spinner("Restoring …"):
            number = sum(book().add_records(passport.records) for passport in passports)
    except LabError as error:
        show_error(error)
        return
    st.session_state[_RESTORED] = number
    # From the top: what was restored stands in all the other places.
    st.rerun()
