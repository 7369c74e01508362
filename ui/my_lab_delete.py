"""Deleting all that a visitor did: told first, confirmed in writing, then gone."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.finetuning.forgetting import forget_trainings
from core.finetuning.jobs import trainings
from core.inference.lab import lab
from core.passport.contents import contents
from core.work.json_form import to_record
from ui.errors import show_error
from ui.learner import begin_anew, book
from ui.presence import stop_all
from ui.record import learner, work

_WORD = "delete"
_DELETED = "my_lab.deleted"


def show_delete() -> None:
    """Say what would be deleted, and delete it once the visitor has typed that they mean it."""
    held = ", ".join(contents(to_record(done.what) for done in work().done))
    st.markdown(
        f"This deletes from this lab, for good: {held or 'what you did'}, and the models that you "
        "trained with the texts they learned from."
    )
    st.caption(
        "Download your passport first, in the tab Hand in, if you may want it back: it restores "
        "everything but the trained models. Files that you downloaded stay yours."
    )
    typed = st.text_input(f"Type {_WORD} to confirm", key="my_lab.confirm", max_chars=20)
    if st.button(
        "Delete my data",
        icon=":material/delete_forever:",
        disabled=typed.strip().lower() != _WORD,
        key="my_lab.delete",
    ):
        _delete()


def deleted_just_now() -> bool:
    """Whether this run of the page is the first after all was deleted."""
    return bool(st.session_state.pop(_DELETED, False))


def _delete() -> None:
    stop_all()
    try:
        book().delete()
    except LabError as error:
        show_error(error)
        return
    forget_trainings(trainings(), learner())
    lab().lend(learner(), ())
    # What is typed and drawn on other pages goes as well.
    begin_anew()
    st.session_state[_DELETED] = True
    st.rerun()
