"""The playground shows what a model reads: every byte, exactly, for any tokenizer that is here."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.catalogue import ModelEntry, build_catalogue
from core.errors import RefusedModelError
from core.explore.tokens import MAX_CHARACTERS, Piece, Split, can_split, shown, split
from core.settings import Settings
from tests.random_families import make_marian
from tests.random_models import make_gpt2, make_t5

STARTERS = {
    entry.id: entry
    for entry in build_catalogue(Settings(2**33, 2**30, 1, None, Path("unused"))).entries
    if entry.source == "starter"
}
BYTES, SPELT = STARTERS["starter/gpt2-stories"], STARTERS["starter/t5-en-fr-micro"]
WILD = st.text(st.one_of(st.characters(), st.sampled_from("  \n\t]:[`$*_<>|\\é日🙂")), max_size=60)


def local(folder: Path) -> ModelEntry:
    return replace(BYTES, id="local/own", source="local", path=folder)


def joined(read: Split) -> bytes:
    return b"".join(piece.data for piece in read.pieces)


@given(WILD)
@example("Once  upon\r\n\ta time: café 日本 🙂🏽 <|endoftext|>")
@example("\x00\u200d\ufeff")
def test_a_byte_level_tokenizer_loses_nothing(text: str) -> None:
    read = split(text, BYTES)
    assert read.lossless
    assert joined(read) == text.encode("utf-8", "replace")


@given(WILD)
@example("½ ﬁ  日本")
@example("<0x41> ▁ </s>")
def test_any_text_has_pieces_with_something_to_show(text: str) -> None:
    read = split(text, SPELT)
    assert read.lossless == (joined(read) == text.encode("utf-8", "replace"))
    for piece in read.pieces:
        assert shown(piece)
        assert shown(piece).isprintable()


@pytest.mark.parametrize("entry", STARTERS.values(), ids=str)
def test_the_ids_are_those_that_the_model_is_given(entry: ModelEntry) -> None:
    from transformers import AutoTokenizer

    text = "Once upon a time, the 2 robots said: «Ça va ?» 🙂"
    expected = AutoTokenizer.from_pretrained(entry.path)(text)["input_ids"]
    assert [piece.id for piece in split(text, entry).pieces] == expected


def test_half_a_character_is_shown_as_its_bytes() -> None:
    read = split("a€", BYTES)
    assert "".join(map(shown, read.pieces)).startswith("a‹")
    assert shown(Piece(b"\xe2\x82", "", 1)) == "‹E2 82›"
    assert shown(Piece(b" a\n\t\x00", "", 1)) == "␣a⏎⇥‹U+0000›"
    assert shown(Piece(b"", "▁", 1)) == "␣"


def test_what_nobody_wrote_is_marked() -> None:
    *words, end = split("hello", SPELT).pieces
    assert not any(piece.special for piece in words)
    assert (end.token, end.special, end.data) == ("</s>", True, b"")
    [written] = split("<|endoftext|>", BYTES).pieces
    assert written.special
    assert written.data == b"<|endoftext|>"


def test_a_long_text_is_cut_and_says_so() -> None:
    read = split("a" * (MAX_CHARACTERS + 7), BYTES)
    assert (read.characters, read.left_out) == (MAX_CHARACTERS, 7)
    assert len(joined(read)) == MAX_CHARACTERS


def test_no_text_has_no_pieces() -> None:
    assert split("", BYTES) == Split((), lossless=True, characters=0)


def test_a_model_of_ones_own_can_be_shown(tmp_path: Path) -> None:
    for make in (make_gpt2, make_t5):
        entry = local(make(tmp_path / make.__name__))
        assert can_split(entry)
        assert split("Once upon a time", entry).pieces


def test_marian_is_read_from_its_two_files(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = make_marian(tmp_path / "marian")
    (folder / "tokenizer.json").unlink(missing_ok=True)
    text = "Once upon a time the robot went."
    read = split(text, local(folder))
    expected = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    assert [piece.id for piece in read.pieces] == expected
    assert read.lossless


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"[" * 10_000, b"", b'{"model": 1}'])
def test_a_broken_tokenizer_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(RefusedModelError, match="tokenizer of local/own is broken"):
        split("text", local(tmp_path))


def test_a_broken_marian_is_refused_in_words(tmp_path: Path) -> None:
    for vocabulary in ("{}", "[]", "x"):
        (tmp_path / "source.spm").write_bytes(b"not a model")
        (tmp_path / "vocab.json").write_text(vocabulary)
        with pytest.raises(RefusedModelError, match="is broken"):
            split("text", local(tmp_path))


def test_what_has_no_tokenizer_to_show_says_why(tmp_path: Path) -> None:
    for entry, words in (
        (local(tmp_path), "no tokenizer on this machine"),
        (replace(BYTES, source="hub", id="school/absent", revision="main"), "no tokenizer on"),
        (replace(local(tmp_path), gguf=BYTES.gguf, reference_refusal="x"), "GGUF only"),
    ):
        assert not can_split(entry)
        with pytest.raises(RefusedModelError, match=words):
            split("text", entry)


def test_a_tokenizer_that_changes_on_disk_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    shutil.copy(BYTES.path / "tokenizer.json", file)  # type: ignore[operator]
    entry = local(tmp_path)
    before = split("Once", entry).pieces
    changed = json.loads(file.read_text())
    changed["normalizer"] = {"type": "Lowercase"}
    file.write_text(json.dumps(changed))
    after = split("Once", entry)
    assert [piece.id for piece in after.pieces] != [piece.id for piece in before]


def test_thirty_threads_get_each_their_own_text() -> None:
    texts = [f"Robot number {number} went home. " * 5 for number in range(30)]
    expected = [split(text, BYTES) for text in texts]
    answers: dict[int, Split] = {}

    def ask(number: int) -> None:
        answers[number] = split(texts[number], BYTES)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[number] for number in range(30)] == expected
