"""What a search found, as cards: on this machine first, then on the Hub or in the snapshot."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.explore.licences import licence_of
from core.explore.pipeline_tags import tag_of
from core.explore.types import Answer, Found, Kind, Origin, Query, Results
from ui.learner import address_of_key
from ui.models import count
from ui.text import counted, plain, size

_NOUNS = {Kind.MODEL: "model", Kind.DATASET: "dataset", Kind.SPACE: "Space"}
_MOST_SUMMARY = 140


def show_results(answer: Answer, query: Query) -> int | None:
    """Draw `answer`; return the number of the page that was asked for next, None if none was."""
    if query.kind is Kind.MODEL and query.page == 1:
        _show_here(answer.here)
    st.subheader(
        "On the Hub" if answer.hub.origin is Origin.LIVE else "In the lab's own list", anchor=False
    )
    badge_of(answer.hub.origin, answer.hub.as_of)
    if answer.problem:
        st.warning(plain(answer.problem), icon=":material/cloud_off:")
    if not answer.hub.found:
        _say_nothing_found(answer, query)
        return None
    _cards(answer.hub.found)
    return _turn(answer.hub, query)


def badge_of(origin: Origin, as_of: datetime) -> None:
    """Say where what is shown comes from, and from when."""
    if origin is Origin.LIVE:
        st.badge(f"live, {as_of:%H:%M} UTC", icon=":material/cloud_done:", color="green")
    elif origin is Origin.SNAPSHOT:
        day = f"{as_of:%d %B %Y}".lstrip("0")
        st.badge(f"snapshot, {day}", icon=":material/inventory_2:", color="orange")
    else:
        st.badge("on this machine", icon=":material/computer:", color="blue")


def _show_here(here: Results) -> None:
    if not here.found:
        return
    with st.expander(
        f"On this machine: {counted(len(here.found), 'model')}",
        icon=":material/computer:",
        expanded=len(here.found) <= 4,
    ):
        _cards(here.found)


def _say_nothing_found(answer: Answer, query: Query) -> None:
    if answer.problem and query.kind is not Kind.MODEL:
        noun = _NOUNS[query.kind]
        st.info(f"The snapshot holds models alone. Every {noun} needs the Hub.")
        return
    st.info(
        f"No {_NOUNS[query.kind]} fits all of that. Take a filter away, or a word.",
        icon=":material/search_off:",
    )


def _cards(found: tuple[Found, ...]) -> None:
    with st.grid(2, min_column_width=340, gap="small"):
        for one in found:
            with st.container(border=True, gap="xsmall"):
                _card(one)


def _card(found: Found) -> None:
    if st.button(
        plain(found.id),
        type="tertiary",
        icon=_icon(found),
        key=f"explore.open.{found.origin.name}.{found.kind}.{found.id}",
        help="Open its page",
    ):
        # In one step, or Back would take as many.
        st.query_params.from_dict({**address_of_key(), found.kind.value: found.id})
        st.rerun()
    st.caption(" · ".join(_what(found)) or "The Hub says nothing more of it.")
    if figures := _figures(found):
        st.caption(" · ".join(figures))
    if found.summary:
        cut = found.summary[:_MOST_SUMMARY]
        st.caption(plain(cut if cut == found.summary else f"{cut} …"))


def _what(found: Found) -> list[str]:
    tag = tag_of(found.task) if found.task else None
    parts = [tag.label if tag else plain(found.task)]
    if found.sdk:
        parts.append(f"made with {plain(found.sdk)}")
    if found.parameters:
        parts.append(f"{count(found.parameters)} parameters")
    if found.size_bytes:
        parts.append(size(found.size_bytes))
    parts.append(licence_of(found.licence).name if found.licence else "no licence named")
    if found.gated:
        parts.append(":material/lock: gated")
    return [part for part in parts if part]


def _figures(found: Found) -> list[str]:
    parts = []
    if found.downloads is not None:
        parts.append(f"{found.downloads:,} downloads a month")
    if found.likes is not None:
        parts.append(counted(found.likes, "like"))
    if found.changed is not None:
        parts.append(f"changed {found.changed.day} {found.changed:%B %Y}")
    return parts


def _icon(found: Found) -> str:
    if found.origin is Origin.HERE:
        return ":material/computer:"
    return {
        Kind.MODEL: ":material/smart_toy:",
        Kind.DATASET: ":material/database:",
        Kind.SPACE: ":material/web:",
    }[found.kind]


def _turn(results: Results, query: Query) -> int | None:
    if query.page == 1 and not results.more:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        back = st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=query.page == 1,
            key=f"explore.{query.kind}.before",
        )
        st.caption(f"Page {query.page}")
        on = st.button(
            "Next",
            icon=":material/chevron_right:",
            disabled=not results.more,
            key=f"explore.{query.kind}.more",
        )
    return query.page - 1 if back else query.page + 1 if on else None
