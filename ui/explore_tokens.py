"""The tokenizer playground: a text in coloured pieces, as one model or two of them read it."""

from __future__ import annotations

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import RefusedModelError
from core.explore.tokens import MAX_CHARACTERS, Piece, Split, can_split, shown, split
from core.work.entries import Tokenized
from ui.errors import show_error
from ui.record import note_once
from ui.text import counted, plain

TEXT_KEY = "tokens.text"
_TEXT = "Once upon a time, a little robot wanted to learn French. Ça va bien ? 🙂"
_MOST_CHIPS = 400
_MOST_ROWS = 1_000
# Told apart by those who do not see red and green alike, too.
_COLOURS = ("blue", "orange")
# Beside these, an invisible joiner makes sure that nothing is a link, an icon or an arrow.
_PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")
_JOINER, _MAY_BREAK = "\u2060", "\u200b"
_LONGEST_WORD = 16


def show_tokens(entry: ModelEntry, entries: tuple[ModelEntry, ...]) -> None:
    """Draw the playground for `entry`, with any other of `entries` beside it."""
    text = st.text_area(
        "Your text",
        _TEXT,
        height=110,
        max_chars=MAX_CHARACTERS,
        key=TEXT_KEY,
        persist_state="session",
    )
    others = [one.id for one in entries if one.id != entry.id and can_split(one)]
    other_id = st.selectbox(
        "Compare with",
        others,
        index=None,
        placeholder="No other tokenizer",
        key=f"tokens.{entry.id}.other",
        persist_state="session",
    )
    other = next((one for one in entries if one.id == other_id), None)
    if other is None:
        _show(entry, text)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        own = _show(entry, text)
    with right:
        theirs = _show(other, text)
    if own is not None and theirs is not None:
        st.markdown(_comparison(entry.id, len(own.pieces), other.id, len(theirs.pieces)))


def _show(entry: ModelEntry, text: str) -> Split | None:
    st.markdown(f"**{plain(entry.id)}**")
    try:
        read = split(text, entry)
    except RefusedModelError as error:
        show_error(error)
        return None
    if text:
        note_once(Tokenized(entry.id, text, len(read.pieces)))
    st.caption(_figures(text, read))
    with st.container(border=True):
        st.markdown(chips(read.pieces[:_MOST_CHIPS]) or "Write something above.")
        if len(read.pieces) > _MOST_CHIPS:
            st.caption(f"The first {_MOST_CHIPS} of {len(read.pieces):,} tokens.")
    if read.left_out:
        st.caption(f"The {read.left_out:,} characters at the end were left out.")
    if not read.lossless:
        st.caption("This tokenizer changes the text: some characters become others, or vanish.")
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(
            [
                {"Place": place, "Text": shown(piece), "Token": piece.token, "Id": piece.id}
                for place, piece in enumerate(read.pieces[:_MOST_ROWS], start=1)
            ],
            hide_index=True,
            height="auto",
            key=f"tokens.{entry.id}.table",
            alt=f"The tokens of your text for {entry.id}: place, text, token, id",
        )
    return read


def chips(pieces: tuple[Piece, ...]) -> str:
    """Return Markdown that shows each piece on a colour of its own, then its id, literally."""
    drawn = []
    for place, piece in enumerate(pieces):
        colour = "gray" if piece.special else _COLOURS[place % 2]
        text = "".join(_literal(place, sign) for place, sign in enumerate(shown(piece), start=1))
        drawn.append(f":{colour}-background[{text}]{_JOINER}:small[:gray[{piece.id}]]")
    return " ".join(drawn)


def _literal(place: int, sign: str) -> str:
    end = _MAY_BREAK if place % _LONGEST_WORD == 0 else ""
    if sign not in _PUNCTUATION:
        return sign + end
    escaped = r"\&" if sign == "&" else plain(sign)
    return f"{_JOINER}{escaped}{_JOINER}{end}"


def _figures(text: str, read: Split) -> str:
    tokens, words = len(read.pieces), len(text.split())
    parts = [f"{counted(tokens, 'token')}, {counted(read.characters, 'character')}"]
    if words and tokens:
        parts.append(f"{tokens / words:.1f} tokens a word")
        parts.append(f"{read.characters / tokens:.1f} characters a token")
    return " · ".join(parts)


def _comparison(one: str, own: int, other: str, theirs: int) -> str:
    if own == theirs:
        return f"Both need {counted(own, 'token')} for this text."
    (less, few), (more, many) = sorted(((one, own), (other, theirs)), key=lambda pair: pair[1])
    share = f", {many / few - 1:.0%} more" if few else ""
    return (
        f"{plain(more)} needs {counted(many, 'token')} where {plain(less)} needs {few}{share}: "
        "each token costs time, and a place in the context."
    )
