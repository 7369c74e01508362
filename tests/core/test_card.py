"""A card is read from whatever bytes there are, and what was cut or guessed is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.card import CARD_BYTES, SHOWN_CHARACTERS, Card, card_in, parse_card, sections

WHOLE = "---\nlicense: mit\nlanguage: [en, no]\n---\n# Title\n\nBody – é.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_card_is_read_in_its_encoding(encoding: str) -> None:
    card = parse_card(WHOLE.encode(encoding))
    assert dict(card.metadata) == {"license": "mit", "language": ["en", "no"]}
    assert card.body == "# Title\n\nBody – é."
    assert card.note == ""


def test_an_old_encoding_is_guessed_and_said() -> None:
    card = parse_card("---\nlicense: mit\n---\nLe modèle".encode("latin-1"))
    assert card.body == "Le modèle"
    assert "not written in UTF-8" in card.note


def test_windows_line_ends_make_no_difference() -> None:
    assert parse_card(WHOLE.replace("\n", "\r\n").encode()) == parse_card(WHOLE.encode())


def test_bytes_that_are_no_text_are_not_shown() -> None:
    card = parse_card(bytes(range(256)) * 40)
    assert card.body == ""
    assert "not readable" in card.note


@pytest.mark.parametrize(
    "front",
    ["a: [", "a: b: c", "\t- x", "- a list", "just words", "[" * 5000, "a: *unknown"],
)
def test_broken_metadata_are_left_out_and_the_body_stays(front: str) -> None:
    card = parse_card(f"---\n{front}\n---\nBody.".encode())
    assert (dict(card.metadata), card.body) == ({}, "Body.")
    assert "broken" in card.note


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [*a]",
        "l0: &l0 [x]\n"
        + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)),
        "a: " + "{a: " * 100 + "1" + "}" * 100,
        "n: 0x\nd: 2024-99-99\nx: !!python/object/apply:os.system [ls]",
    ],
)
def test_metadata_made_to_explode_stay_small(front: str) -> None:
    card = parse_card(f"---\n{front}\n---\nBody.".encode())
    assert card.body == "Body."
    assert len(str(card.metadata)) < 200_000


def test_every_fact_of_a_card_is_text() -> None:
    front = "license: mit\nlanguage: no\ndate: 2024-01-01\ntags: [a, 1]"
    assert parse_card(f"---\n{front}\n---\n# Title".encode()).metadata == {
        "license": "mit",
        "language": "no",
        "date": "2024-01-01",
        "tags": ["a", "1"],
    }


def test_metadata_that_are_too_long_are_not_read() -> None:
    card = parse_card(b"---\nx: " + b"a" * 100_000 + b"\n---\nBody.")
    assert (dict(card.metadata), card.body) == ({}, "Body.")
    assert "longer than the lab reads" in card.note


def test_metadata_without_an_end_are_text() -> None:
    assert parse_card(b"---\nlicense: mit\n").body == "---\nlicense: mit"


@pytest.mark.parametrize("length", [SHOWN_CHARACTERS + 10, CARD_BYTES + 10, 5_000_000])
def test_a_card_that_is_too_long_is_cut_and_said(length: int) -> None:
    card = parse_card(b"---\nlicense: mit\n---\n" + b"x" * length)
    assert card.metadata["license"] == "mit"
    assert len(card.body) == SHOWN_CHARACTERS
    assert "only its beginning" in card.note


def test_a_letter_that_the_limit_cuts_in_two_spoils_nothing() -> None:
    card = parse_card(("x" + "é" * CARD_BYTES).encode())
    assert "UTF-8" not in card.note and "\ufffd" not in card.body


@given(st.binary(max_size=300), st.sampled_from([b"", b"---\n", b"\xef\xbb\xbf---\n", b"\xff\xfe"]))
def test_no_bytes_are_too_strange(raw: bytes, start: bytes) -> None:
    card = parse_card(start + raw)
    assert "\x00" not in card.body
    sections(card.body)


def test_a_card_is_found_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(WHOLE)
    assert card_in(tmp_path) == parse_card(WHOLE.encode())


def test_a_folder_without_a_card_says_so(tmp_path: Path) -> None:
    assert card_in(tmp_path) == Card(note="This model has no card.")


def test_a_pipe_in_place_of_a_card_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "README.md")
    assert card_in(tmp_path).body == ""


def test_sections_are_told_by_every_kind_of_heading() -> None:
    body = (
        "Before\n\n# One #\ntext\n\nTwo\n---\n\n```\n# no heading\n```\n\n"
        "<h2 align='center'>Three</h2>\n**Four:**\nlast"
    )
    assert [(part.level, part.title) for part in sections(body)] == [
        (0, ""),
        (1, "One"),
        (2, "Two"),
        (2, "Three"),
        (7, "Four"),
    ]
    assert "# no heading" in sections(body)[2].text


@given(st.text("#-=*<h2>/ \n`~[]()ab", max_size=300))
def test_any_body_has_sections(body: str) -> None:
    assert all(len(part.title) <= 200 for part in sections(body))
