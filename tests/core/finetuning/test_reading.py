"""Whatever is uploaded becomes a table or a sentence that says what to do."""

from __future__ import annotations

import csv
import io
import json
import pickle
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, LabError
from core.finetuning.data_encoding import MAX_BYTES
from core.finetuning.data_export import export_csv
from core.finetuning.reading import MAX_COLUMNS, MAX_ROWS, Table, read_table

PLAIN = "abcxyzABC012 .!?'()"
LATIN = PLAIN + "éèàüöäßñçô"
WORLD = LATIN + "€“”–日本語привет😀👍"
ENCODINGS = {
    "utf-8": WORLD,
    "utf-8-sig": WORLD,
    "utf-16": WORLD,
    "utf-16-le": WORLD,
    "utf-16-be": WORLD,
    "utf-32": WORLD,
    "latin-1": LATIN,
    "cp1252": LATIN + "€“”–",
}


@st.composite
def written_tables(draw: st.DrawFn) -> tuple[list[list[str]], bytes, str]:
    """A table, the bytes of a CSV file that holds it, and its separator."""
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    separator = draw(st.sampled_from(",;\t|"))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    cells = st.text(ENCODINGS[encoding] + ',;\t|"\n', max_size=30).map(str.strip)
    width = draw(st.integers(2, 4))
    header = ["text", "label", "id", "date"][:width]
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=12))
    # A blank row is no row, and a text that is cut within UTF-16 shows nothing to tell it by.
    rows = [
        ["x" if place == 0 and not any(row) else cell for place, cell in enumerate(row)]
        for row in rows
    ]
    out = io.StringIO(newline="")
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=ends)
    writer.writerows([header, *rows])
    return [header, *rows], out.getvalue().encode(encoding), separator


@given(written_tables())
def test_any_encoding_separator_and_quoting_comes_back_as_it_was(
    written: tuple[list[list[str]], bytes, str],
) -> None:
    (header, *rows), raw, separator = written
    table = read_table(raw, name="reviews.csv")
    assert list(table.columns) == header
    assert [list(row) for row in table.rows] == rows
    assert table.separator == separator


def accepted(raw: bytes, name: str) -> None:
    try:
        table = read_table(raw, name=name)
    except LabError as error:
        assert error.message
        assert error.next_step
    else:
        assert table.rows
        assert len(set(table.columns)) == len(table.columns)
        assert len(table.numbers) == len(table.rows)
        assert all(len(row) == len(table.columns) for row in table.rows)


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "b.json", "c.jsonl", "", "\n<b>"]))
def test_any_bytes_are_a_table_or_a_sentence(raw: bytes, name: str) -> None:
    accepted(raw, name)


@given(
    st.text(",;\t|\"'\r\n \ufeff\x1e\x1fa=0b★[]{}:", max_size=200), st.sampled_from(["csv", "json"])
)
def test_any_text_is_a_table_or_a_sentence(text: str, ending: str) -> None:
    accepted(text.encode(), f"upload.{ending}")


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=5),
            st.one_of(
                st.text(),
                st.integers(),
                st.floats(),
                st.none(),
                st.lists(st.booleans(), max_size=2),
            ),
            max_size=3,
        ),
        max_size=5,
    )
)
def test_any_list_of_objects_is_a_table_or_a_sentence(records: list[dict[str, object]]) -> None:
    accepted(json.dumps(records).encode(), "upload.json")
    accepted("\n".join(map(json.dumps, records)).encode(), "upload.jsonl")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (zipped(), "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture"),
        (pickle.dumps({"text": ["good"]}), "pickle"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x1f\x8b\x08" + bytes(20), "compressed"),
        (b"PAR1" + bytes(40), "Parquet"),
        (b"\n<!DOCTYPE html><html>text,label</html>", "web page"),
        (bytes(range(1, 256)) * 20, "not text"),
        (b"text,label\ngood\x00,\x01\x02\x03\n", "not text"),
        (b"\xff\xfe" + bytes(range(1, 255)) * 9, "not text"),
        (b"", "empty"),
        (b" \r\n \n", "empty"),
        (b"\xef\xbb\xbf\n\n", "no rows"),
        (b"text,label\n", "no rows"),
        (b"a" * (MAX_BYTES + 1), "20 MB"),
        (b"text,label\ngood,1\n" + b",\n" * 6_000_000, "blank"),
        (b"text,label\n" + b"x" * 2_000_000, "million"),
        (b"text,label\n" + b"," * (MAX_COLUMNS + 1), "columns"),
        (b"text,label\n" + b"x" * 200_000 + b",good\n", "100,000"),
    ],
)
def test_what_is_no_table_is_refused_with_the_next_step(raw: bytes, said: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_table(raw, name="reviews.csv")
    assert said in refused.value.message
    assert refused.value.next_step


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"text": 1', "Line 1 is not valid JSON"),
        (b'["good", "bad"]', "Entry 1"),
        (b"[" * 100_000, "not valid JSON"),
        (b'[{"text": ' + b"9" * 5000 + b"}]", "not valid JSON"),
        (b"[" + b"{}," * 2_000_000 + b"{}]", "million characters"),
        (json.dumps([{str(name): 1 for name in range(300)}]).encode(), "names"),
        (b"[]", "no rows"),
    ],
)
def test_json_that_is_no_table_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        read_table(raw, name="reviews.json")


def read(text: str, **options: bool) -> Table:
    return read_table(text.encode(), name="reviews.csv", **options)


def test_fifty_thousand_rows_are_read_and_more_are_cut_with_a_note() -> None:
    def many(count: int) -> bytes:
        rows = (f'"Phone {n}, case and ""charger""; good",{n % 5 + 1}\n' for n in range(count))
        return ("text,stars\n" + "".join(rows)).encode()

    whole = read_table(many(MAX_ROWS), name="a.csv")
    assert len(whole.rows) == MAX_ROWS == 50_000
    assert whole.numbers[-1] == MAX_ROWS + 1
    assert not whole.notes
    longer = read_table(many(MAX_ROWS + 100), name="a.csv")
    assert longer.rows == whole.rows
    assert "first 50,000 rows" in longer.notes[0]


def test_ragged_rows_are_kept_and_told() -> None:
    table = read("label;text\ngood;works; really\nbad\nbad;breaks\n")
    assert table.rows == (("good", "works;really"), ("bad", ""), ("bad", "breaks"))
    more, fewer = table.notes
    assert "row 2" in more
    assert "row 3" in fewer


def test_names_that_are_blank_or_twice_become_names() -> None:
    table = read("text,,text,text (2)\na,b,c,d\n")
    assert table.columns == ("text", "column 2", "text (2)", "text (2) (2)")


def test_a_first_row_of_data_is_no_header() -> None:
    rows = "I like it a lot,positive\nIt broke at once,negative\nNot for me,negative\n" * 2
    table = read(rows)
    assert table.columns == ("column 1", "column 2")
    assert len(table.rows) == 6
    assert table.numbers[0] == 1
    assert "numbered" in table.notes[0]
    assert read(rows, header=True).columns == ("I like it a lot", "positive")
    assert read("text,label\na,b\n", header=False).rows[0] == ("text", "label")


def test_blank_rows_and_columns_and_titles_are_left_out_and_rows_keep_their_numbers() -> None:
    table = read("Feedback 2024;;;\n\ntext;stars;;\n;;;\nGood;5;;\n\nBad;1;;\n")
    assert table.columns == ("text", "stars")
    assert table.rows == (("Good", "5"), ("Bad", "1"))
    assert table.numbers == (5, 7)


def test_a_quotation_mark_that_is_never_closed_swallows_nothing() -> None:
    for rows in (3, 9000):
        text = 'text,label\n"Great phone,good\n' + "It broke twice,bad\n" * rows
        table = read(text)
        assert len(table.rows) == rows + 1
        assert table.rows[0] == ('"Great phone', "good")
        assert "never closed" in table.notes[0]


def test_the_line_with_which_excel_names_the_separator_is_no_row() -> None:
    table = read_table("sep=;\r\ntext;label\r\na,b;good\r\n".encode("utf-8-sig"), name="a.csv")
    assert (table.columns, table.rows) == (("text", "label"), (("a,b", "good"),))
    assert table.numbers == (3,)


def test_the_commas_of_texts_do_not_part_cells() -> None:
    rows = "".join(f"Good, cheap, and quick {n};5\n" for n in range(20))
    assert read(f"text;stars\n{rows}").rows[0] == ("Good, cheap, and quick 0", "5")
    lines = "It is good, really\nIt is bad\nNo comment, thanks, bye\nFine\n"
    assert read(f"comment\n{lines}").columns == ("comment",)


def test_some_broken_letters_do_not_spoil_the_others() -> None:
    raw = b"text,label\n" + "très bien l'été,ça va\n".encode() * 20 + b"\xe9 bien,oui\n"
    table = read_table(raw, name="a.csv")
    assert table.encoding == "UTF-8"
    assert table.rows[-1] == ("� bien", "oui")
    assert "1 character could not be read" in table.notes[0]


def test_windows_files_say_how_they_were_read() -> None:
    table = read_table("text,label\ncafé für 5 €,gut\n".encode("cp1252"), name="a.csv")
    assert table.rows == (("café für 5 €", "gut"),)
    assert "Windows-1252" in table.notes[0]


def test_json_lists_and_lines_are_tables() -> None:
    records = [{"text": "good\n", "stars": 5}, {"text": None, "more": [1]}, {"stars": "1"}]
    wanted = (("good", "5", ""), ("", "", "[1]"), ("", "1", ""))
    for raw, name in (
        (json.dumps(records, indent=1), "a.json"),
        ("\n".join(map(json.dumps, records)), "a.JSONL"),
    ):
        table = read_table(raw.encode("utf-8-sig"), name=name)
        assert table.columns == ("text", "stars", "more")
        assert table.rows == wanted


@given(
    st.lists(
        st.tuples(st.text(WORLD + '=+-@,;"\n\t', max_size=20).map(str.strip), st.integers()),
        min_size=1,
        max_size=8,
    )
)
def test_an_export_comes_back_and_holds_no_formula(rows: list[tuple[str, int]]) -> None:
    table = read_table(export_csv([("text", "rows"), *rows]), name="export.csv")
    assert table.encoding == "UTF-8 with BOM"
    for (cell, number), (text, count) in zip(table.rows, rows, strict=True):
        assert cell in (text, f"'{text}")
        assert not cell.startswith(("=", "+", "-", "@", "＝"))
        assert number == str(count)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_formulas_are_defused_and_numbers_stay_numbers(formula: str) -> None:
    written = io.StringIO(export_csv([[formula, -3.5, None]]).decode("utf-8-sig"), newline="")
    assert list(csv.reader(written)) == [[f"'{formula}", "-3.5", ""]]
