"""Task 3 with good answers to compare with, and judged blind, from `Home.py`, on the starters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
TASK = "compare.translation_en_to_fr"
INPUTS, REFERENCES = f"{TASK}.inputs", f"{TASK}.references"
MICRO, NANO = "t5-en-fr-micro", "t5-en-fr-nano"

# Both take a feminine noun where the reference takes a masculine one; only the larger one makes the
# adjective feminine too.
SONG = "The song is quite beautiful."
RIGHT, WRONG = "La chanson est assez belle.", "La chanson est assez beau."
REFERENCE = "Le morceau est assez beau."
# Both write the same of it.
SAME = "The house is big."


@pytest.fixture(autouse=True)
def starters(lab_with: Callable[[Path], None], tmp_path: Path) -> Iterator[None]:
    lab_with(tmp_path)
    yield


def visit() -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=60).run()
    return at.switch_page("pages/tasks/compare.py").run()


def compare(
    inputs: str = SONG, references: str | None = REFERENCE, *, blind: bool = False
) -> AppTest:
    """Compare the two translators on `inputs`, with the lab's own references where None."""
    at = visit()
    at.text_area(key=INPUTS).set_value(inputs)
    if references is not None:
        at.text_area(key=REFERENCES).set_value(references)
    at.slider(key="compare.repeats").set_value(1)
    at.toggle(key="compare.blind").set_value(blind)
    at.button(key="compare.run").click().run()
    assert not at.exception
    return at


def everything(at: AppTest) -> str:
    """Return all the words below the form."""
    drawn = [*at.main.markdown, *at.main.caption, *at.main.text, *at.main.header]
    return "\n".join(element.value for element in drawn)


def vote(at: AppTest, option: str) -> AppTest:
    """Choose the option that begins with `option`, of the one question that there is."""
    (radio,) = at.radio
    return radio.set_value(_value(at, option)).run()


def _value(at: AppTest, option: str) -> str:
    (radio,) = at.radio
    (place,) = (n for n, label in enumerate(radio.options) if label.startswith(option))
    labels = [f"starter/{name}" for name in (MICRO, NANO)]
    return [*labels, ""][place]


def test_the_examples_bring_good_answers_that_follow_the_inputs_until_they_are_edited() -> None:
    at = visit()
    assert at.text_area(key=REFERENCES).value.splitlines() == [
        "Combien coûte la chemise bleue ?",
        "Le nouvel ordinateur portable est trop cher.",
    ]
    at.text_area(key=INPUTS).set_value(f"{SONG}\nHow much is the blue shirt?").run()
    assert at.text_area(key=REFERENCES).value == "\nCombien coûte la chemise bleue ?"
    at.text_area(key=INPUTS).set_value(SONG).run()
    assert at.text_area(key=REFERENCES).value == ""
    at.text_area(key=REFERENCES).set_value(REFERENCE).run()
    at.text_area(key=INPUTS).set_value("How much is the blue shirt?").run()
    assert at.text_area(key=REFERENCES).value == REFERENCE


def test_outputs_are_scored_against_the_references_where_there_is_one() -> None:
    at = compare(f"{SAME}\n{SONG}", f"\n{REFERENCE}")
    assert "How near the good answers" in [header.value for header in at.header]
    assert len(at.get("vega_lite_chart")) == 4
    table = at.dataframe[0].value
    assert list(table["chrf"].round(1)) == [42.9, 56.5]
    words = everything(at)
    assert "· chrF 42.9" in words
    assert "· chrF 56.5" in words
    assert words.count("· chrF ") == 2
    assert words.count("A good answer") == 1
    assert "t5-en-fr-nano comes nearest the references" in words.replace("\\", "")


def test_without_references_there_is_no_word_of_quality() -> None:
    at = compare(references=None)
    assert [header.value for header in at.header] == ["What the models wrote", "What it cost"]
    assert "· chrF" not in everything(at)


def test_references_that_do_not_match_the_inputs_are_told_in_plain_words_and_kept() -> None:
    at = compare(f"{SONG}\n{SAME}\n{SAME}", f"{REFERENCE}\n{REFERENCE}")
    assert "The inputs are 3, the lines of references 2." in at.error[0].value
    assert at.text_area(key=REFERENCES).value == f"{REFERENCE}\n{REFERENCE}"


def test_whoever_sees_the_names_can_say_which_reads_best_and_whether_chrf_agrees() -> None:
    at = vote(compare(), MICRO)
    assert f"You preferred {MICRO}. chrF disagrees: 56.5 for {NANO}" in _plain(at)
    at = vote(at, "They are equally good")
    assert "You found them equally good. chrF disagrees" in _plain(at)
    at.switch_page("pages/tasks/test.py").run()
    at.switch_page("pages/tasks/compare.py").run()
    assert "You found them equally good." in _plain(at)


def test_a_blind_judge_sees_texts_and_neither_names_nor_figures() -> None:
    at = compare(blind=True)
    words = everything(at)
    assert RIGHT in words
    assert WRONG in words
    for secret in (MICRO, NANO, "· chrF", REFERENCE):
        assert secret not in words
    assert not re.search(r"\d tokens", words)
    assert not at.get("vega_lite_chart")
    assert not at.get("download_button")
    assert not at.dataframe
    assert "0 of 1 input judged" in words


def test_the_names_come_with_the_figures_and_with_what_was_preferred_blind() -> None:
    at = compare(blind=True)
    (radio,) = at.radio
    right, wrong = (
        next(n for n, text in enumerate(at.main.text) if text.value == known)
        for known in (RIGHT, WRONG)
    )
    letter = "A" if right < wrong else "B"
    assert radio.options == ["A reads best", "B reads best", "They are equally good"]
    radio.set_value(f"starter/{MICRO}").run()
    assert "1 of 1 input judged" in everything(at)
    assert at.radio[0].options[at.radio[0].index].startswith(letter)
    at.button(key="compare.reveal").click().run()
    assert f"Judging blind, you preferred {MICRO}. chrF disagrees" in _plain(at)
    assert not at.radio
    assert len(at.get("vega_lite_chart")) == 4
    assert re.search(r"\d tokens, \d words · chrF", everything(at))


@pytest.mark.parametrize("blind", [False, True], ids=["named", "blind"])
def test_outputs_that_are_the_same_need_no_vote(blind: bool) -> None:
    at = compare(SAME, blind=blind)
    assert "wrote the same" in everything(at)
    assert not at.radio


def _plain(at: AppTest) -> str:
    return everything(at).replace("\\", "")
