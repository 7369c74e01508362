"""The documents to summarise are sound English, and their summaries follow from them."""

from __future__ import annotations

import re
from itertools import islice
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from starters.splits import only, split_of
from starters.summaries import examples
from starters.summaries.news import data as news_data
from starters.summaries.news import news
from starters.summaries.reviews import data as review_data
from starters.summaries.reviews import review
from starters.summaries.wording import listed, polish, readings, sentence

EXAMPLES = list(islice(examples(seed=7), 3000))
START = re.compile(r'(?<=[.!?]) (?=["A-Z])|(?<=[.!?]") (?=["A-Z])')


def rouge_l(reference: str, text: str) -> float:
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    return 100 * scorer.score(reference, text)["rougeL"].fmeasure


def test_the_same_seed_gives_the_same_documents_and_another_seed_others():
    assert list(islice(examples(seed=7), 50)) == EXAMPLES[:50]
    assert not set(islice(examples(seed=8), 50)) & set(EXAMPLES[:50])


def test_documents_have_3_to_8_sentences_and_30_to_110_words():
    for example in EXAMPLES:
        assert 30 <= len(example.source.split()) <= 110
        assert 3 <= len(START.split(example.source)) <= 8


def test_a_summary_is_one_sentence_and_its_own_key():
    for example in EXAMPLES:
        assert example.key == example.target
        assert len(START.split(example.target)) == 1


def test_the_text_is_clean():
    for text in (text for e in EXAMPLES for text in (e.source, e.target)):
        assert not re.search(r"[{}()|<>]|=>|  | [,.!?;]|[,;] ?[,.]", text), text
        assert re.search(r'[.!?]"?$', text), text
        assert text.count('"') % 2 == 0, text
        assert all(re.match(r'"?[A-Z0-9]', part) for part in START.split(text)), text
        assert not re.search(r"\b(\w+) \1\b", text), text


def test_a_and_an_are_right():
    for text in (text for e in EXAMPLES for text in (e.source, e.target)):
        for article, word in re.findall(r"\b([Aa]n?) (\w+)", text):
            vowel = bool(re.match(r"[aeioAEIO]|u(?!ni|se|su)|hour", word))
            assert (article.lower() == "an") == vowel, f"{article} {word}"


def test_every_summarised_opinion_is_in_the_review_in_one_of_its_wordings():
    aspects, words = review_data()
    plain = [r for kind in ("plain_good", "plain_bad") for p in words[kind] for r in p]
    clauses: dict[str, set[str]] = {}
    for aspect in aspects.values():
        for shades in (aspect["good"], aspect["bad"]):
            for label, block in shades.items():
                clauses.setdefault(label, set()).update(r for p in block for r in p)
        fill = [
            {"is": be, "needs": n} for be in ("is", "are", "was", "were") for n in ("need", "needs")
        ]
        general = {r.format(noun=aspect["noun"], **f) for r in plain for f in fill}
        clauses.setdefault(f"the {aspect['noun']}", set()).update(general)
    rng = Random(5)
    checked = 0
    for _ in range(500):
        example = review(rng)
        said = example.source.casefold()
        named = re.split(
            r" praised | praising | complained about | criticising | only ", example.target
        )
        for part in named[1:]:
            for label in re.findall(r"the [a-z -]+?(?=,|\.| and | but |$)", part):
                if label not in clauses:
                    continue
                checked += 1
                assert any(polish(clause).casefold() in said for clause in clauses[label]), example
    assert checked > 700


def test_the_facts_of_a_news_summary_are_in_the_document():
    _, events = news_data()
    told = {
        short: [v.partition(" => ")[0] for v in values if str(v).endswith(f" => {short}")]
        for event in events.values()
        for values in event["slots"].values()
        for short in {str(v).partition(" => ")[2] for v in values}
        if short
    }
    rng = Random(5)
    for _ in range(500):
        example = news(rng)
        for short, wordings in told.items():
            if example.target.endswith(f" {short}."):
                assert any(w.casefold() in example.source.casefold() for w in wordings), example
        for number in re.findall(r"\d+", example.target):
            assert number in example.source


def test_the_first_sentence_is_no_summary():
    leads = [START.split(e.source)[0] for e in EXAMPLES[:800]]
    pairs = zip(EXAMPLES, leads, strict=False)
    assert mean(rouge_l(e.target, lead) for e, lead in pairs) < 45


def test_both_genres_come_equally_often():
    reviews = sum(bool(re.match(r"The \w+ (was|had) ", e.target)) for e in EXAMPLES)
    assert 0.4 < reviews / len(EXAMPLES) < 0.6


def test_summaries_vary():
    assert len({e.target for e in EXAMPLES}) > 0.9 * len(EXAMPLES)


def test_the_vocabulary_is_rich_but_bounded():
    words = {
        w for e in EXAMPLES for w in re.findall(r"[a-zé'-]+", f"{e.source} {e.target}".lower())
    }
    assert 1400 <= len(words) <= 2500


def test_no_test_summary_is_ever_trained_on():
    train, test = ({e.target for e in only(s, EXAMPLES)} for s in ("train", "test"))
    assert train
    assert test
    assert not {t.casefold() for t in train} & {t.casefold() for t in test}
    assert all(split_of(f"  {t.upper()} ") == "test" for t in test)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("so it is", ("so it is",)),
        ("a (b|c) d", ("a b d", "a c d")),
        ("a (b |)c", ("a b c", "a c")),
        ("a (b|), (c|d).", ("a b, c.", "a b, d.", "a, c.", "a, d.")),
    ],
)
def test_a_pattern_can_be_read_in_every_way(pattern: str, texts: tuple[str, ...]):
    assert readings(pattern) == texts


def test_articles_and_capitals_follow_the_sound_and_the_quotation_mark():
    assert polish("a apple, a unicorn, a used car, A orange, a umbrella") == (
        "an apple, a unicorn, a used car, An orange, an umbrella"
    )
    assert sentence('"look at that!" she said.') == '"Look at that!" she said.'


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=5))
def test_a_list_in_words_keeps_every_part_in_order(parts: list[str]):
    assert re.split(r", | and ", listed(parts)) == parts
