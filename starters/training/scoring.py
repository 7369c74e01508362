"""How good a starter's outputs are, on examples of the test split alone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from starters.splits import Example, split_of
from starters.stories.check import problems
from starters.training.answers import Starter, answer, tell
from starters.training.recipes import Recipe
from starters.training.stream import CHUNK_BATCHES, chunk

OPENINGS = (
    "Once upon a time in AI world,",
    "Once upon a time in a",
    "In the middle of AI world,",
    "In a city made of data,",
    "Many years ago, on a small farm,",
    "On the last day of summer,",
    "Deep in the forest,",
    "Far, far away there lived",
    "Long ago, in a harbour",
    "Everyone in the forest knew",
    "This is the story of",
    "There once was a",
)


class NotHeldOut(Exception):
    """An example that the model may have learned from cannot judge it."""


def quality(recipe: Recipe, answers: Sequence[str], targets: Sequence[str]) -> float:
    """Return chrF (sacrebleu, whole corpus) or the mean ROUGE-L F (rouge_score), from 0 to 100."""
    if recipe.metric == "chrF":
        import sacrebleu

        return sacrebleu.corpus_chrf(list(answers), [list(targets)]).score
    if recipe.metric == "ROUGE-L":
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer(["rougeL"], use_stemmer=True)
        pairs = zip(targets, answers, strict=True)
        return 100 * statistics.mean(scorer.score(t, a)["rougeL"].fmeasure for t, a in pairs)
    raise ValueError(f"{recipe.metric} compares no texts.")


def score_answers(
    starter: Starter, examples: Sequence[Example]
) -> tuple[dict[str, float], list[str]]:
    """Return a T5 starter's scores on held-out `examples`, and its answers.

    "exact" is the share of answers that equal the reference, in percent. Summaries are also
    compared with the plainest rival, the document's first sentence.
    """
    for example in examples:
        if split_of(example.key) != "test":
            raise NotHeldOut(example.key)
    answers = answer(starter, [example.source for example in examples])
    targets = [example.target for example in examples]
    scores = {starter.recipe.metric: quality(starter.recipe, answers, targets)}
    scores["exact"] = 100 * statistics.mean(a == t for a, t in zip(answers, targets, strict=True))
    if starter.recipe.task == "summarization":
        firsts = [example.source.split(". ")[0] for example in examples]
        scores["first sentence ROUGE-L"] = quality(starter.recipe, firsts, targets)
    return scores, answers


def sample_stories(starter: Starter, count: int) -> list[tuple[str, bool]]:
    """Return sampled stories, spread evenly over the openings, and whether each came to its end."""
    each, more = divmod(count, len(OPENINGS))
    counts = [each + (position < more) for position in range(len(OPENINGS))]
    return [
        story
        for seed, (opening, wanted) in enumerate(zip(OPENINGS, counts, strict=True))
        if wanted
        for story in tell(starter, opening, count=wanted, seed=seed)
    ]


def sound_share(stories: Sequence[tuple[str, bool]]) -> float:
    """Return the percentage of stories that end by themselves and have no problem."""
    return 100.0 * statistics.mean(sound(*story) for story in stories)


def sound(story: str, ended: bool) -> bool:
    """Say whether a story came to its end and `starters.stories.check` finds nothing wrong."""
    return ended and not problems(story)


def score_stories(starter: Starter, *, count: int) -> tuple[dict[str, float], list[str]]:
    """Return how sound and how new a storyteller's stories are, in percent, and the unsound ones.

    A story is new if it is not among the stories that the model was trained on.
    """
    sampled = sample_stories(starter, count)
    greedy = [tell(starter, opening)[0] for opening in OPENINGS]
    taught = _taught_stories(starter.recipe)
    scores = {
        "sound stories": sound_share(sampled),
        "sound greedy stories": sound_share(greedy),
        "new stories": 100.0 * statistics.mean(story not in taught for story, _ in sampled),
        "different stories": 100 * len({story for story, _ in sampled}) / len(sampled),
    }
    return scores, [story for story, ended in sampled + greedy if not sound(story, ended)]


def _taught_stories(recipe: Recipe) -> set[str]:
    needed = -(-recipe.steps // CHUNK_BATCHES)
    indexes = range(min(needed, recipe.distinct_chunks))
    return {example.target for index in indexes for example in chunk(recipe, index)}
