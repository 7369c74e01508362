"""What is handed in: the report, the notebook and the passport, made when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.inference.lab import lab
from core.jobs import Job
from core.lessons import all_exercises
from core.report.making import File, Making, make
from core.settings import settings
from core.work.work import Work
from ui.errors import show_error
from ui.navigation import shown_path
from ui.presence import watch
from ui.record import learner, work
from ui.text import size
from ui.zone import zone

_MADE = "my_lab.made"

Write = Callable[[Work, str, tzinfo], tuple[File, ...]]


@dataclass(frozen=True)
class _Kind:
    """Something to hand in: its name on the screen, what it is for, and how it is made."""

    name: str
    label: str
    icon: str
    what: str
    write: Write


def show_files() -> None:
    """Offer each file: pressing makes it, and then it can be downloaded."""
    making = []
    for kind in _KINDS:
        with st.container(border=True):
            st.markdown(f"**{kind.label}**")
            st.caption(kind.what)
            place = st.empty()
            if (job := _offer(kind, place)) is not None:
                making.append((kind, place, job))
    # All is drawn before anything is waited for.
    for kind, place, job in making:
        _follow(kind, place, job)


def _offer(kind: _Kind, place: DeltaGenerator) -> Job[Making] | None:
    """Draw the button that makes a file, or its download; return what is being made."""
    # Not a download that is made when it is pressed: it could neither say how far it is nor what
    # went wrong, and in a busy room its file can be gone before the browser fetches it.
    job = _at_hand(kind)
    if job is None:
        if not place.button(
            f"Make the {kind.name}", icon=kind.icon, key=f"my_lab.make.{kind.name}"
        ):
            return None
        job = _start(kind)
    if job.ended:
        _show_end(kind, place, job)
        return None
    place.caption(":material/hourglass_top: Being made …")
    return job


def _follow(kind: _Kind, place: DeltaGenerator, job: Job[Making]) -> None:
    for making in job.follow():
        if not job.ended and making is not None:
            place.caption(f":material/hourglass_top: {making.doing}")
    _show_end(kind, place, job)


def _show_end(kind: _Kind, place: DeltaGenerator, job: Job[Making]) -> None:
    if job.error is not None:
        _forget(kind)
        with place.container():
            show_error(job.error)
        return
    files = job.latest.files if job.latest is not None else ()
    with place.container(horizontal=True):
        for number, file in enumerate(files):
            st.download_button(
                f"Download {file.name} ({_size(file.content)})",
                file.content,
                file_name=file.name,
                mime=file.mime,
                icon=":material/download:",
                type="primary",
                on_click="ignore",
                key=f"my_lab.download.{kind.name}.{number}",
            )


def _size(content: bytes) -> str:
    return size(len(content)) if len(content) >= 1_000_000 else f"{len(content) / 1000:.0f} kB"


def _made() -> dict[str, tuple[Work, Job[Making]]]:
    made: dict[str, tuple[Work, Job[Making]]] = st.session_state.setdefault(_MADE, {})
    return made


def _at_hand(kind: _Kind) -> Job[Making] | None:
    """Return what is being made or was made of the work as it is now, if anything."""
    of, job = _made().get(kind.name, (None, None))
    return job if of is work() and job is not None and not job.cancelled() else None


def _forget(kind: _Kind) -> None:
    _made().pop(kind.name, None)


def _start(kind: _Kind) -> Job[Making]:
    # All that the page knows is asked now: the job runs in a thread of its own.
    done, whose, where = work(), learner(), zone()
    job: Job[Making] = Job(
        lambda cancelled: make(lambda: kind.write(done, whose, where), cancelled=cancelled)
    )
    _made()[kind.name] = (done, job)
    watch(job, page=shown_path())
    return job


def _write_report(done: Work, learner: str, where: tzinfo) -> tuple[File, ...]:
    from core.report.page import report_html

    now = datetime.now(where)
    page = report_html(done, all_exercises(), made=now, limits=settings())
    return (File(f"lab-report-{now:%Y-%m-%d}.html", "text/html", page),)


def _write_notebook(done: Work, learner: str, where: tzinfo) -> tuple[File, ...]:
    from core.report.notebook import report_notebook

    now = datetime.now(where)
    models = lab().catalogue_for(learner)
    notebook = report_notebook(done, all_exercises(), find=models.get, made=now)
    return (File(f"lab-notebook-{now:%Y-%m-%d}.ipynb", "application/x-ipynb+json", notebook),)


def _write_passport(done: Work, learner: str, where: tzinfo) -> tuple[File, ...]:
    from core.passport.writing import write_passports

    now = datetime.now(where)
    parts = write_passports(done, made=now)
    names = [f"-{number}-of-{len(parts)}" for number in range(1, len(parts) + 1)]
    return tuple(
        File(
            f"lab-passport-{now:%Y-%m-%d}{name if len(parts) > 1 else ''}.json",
            "application/json",
            part,
        )
        for name, part in zip(names, parts, strict=True)
    )


_KINDS = (
    _Kind(
        "report",
        "Lab report (HTML)",
        ":material/description:",
        "One page with your answers, runs and charts, to read, print and hand in.",
        _write_report,
    ),
    _Kind(
        "notebook",
        "Notebook (.ipynb)",
        ":material/code:",
        "What you ran, as code in plain transformers, for Jupyter.",
        _write_notebook,
    ),
    _Kind(
        "passport",
        "Passport (.json)",
        ":material/badge:",
        "All of it as data: restore it here, in another browser or in another lab, and go on.",
        _write_passport,
    ),
)
