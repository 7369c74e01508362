"""The card of a trained model: what it was made of, how good it is, and what it must not be for.

Names that a student typed stand in code spans, where Markdown means nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.catalogue import ModelEntry
from core.finetuning.data_text import counted, short
from core.finetuning.failure_presets import PRESETS, Preset, preset_of
from core.finetuning.feedback import customer_feedback
from core.finetuning.records import Order, TrainingResult
from core.finetuning.types import Evaluation, Example, Interval, Method, Splits

_MOST_LABELS = 40
_LONGEST_NAME = 80
_JOINER = "\u200d"  # holds an emoji together
_TICKS = re.compile("`+")
_METHODS = {
    Method.FULL: "all weights",
    Method.LORA: "LoRA adapters and the head, merged into the weights",
    Method.HEAD: "the head alone; the base model stayed as it was",
}
# What the lab's own feedback and the starters come under.
_OWN_LICENCE = "mit"


def model_name(order: Order) -> str:
    """Return what the model may be called: letters, digits and hyphens, 60 at most."""
    data = order.name.rpartition(" · ")[0] or order.name
    data = data.rpartition(".")[0] or data
    base = order.settings.base_id.rpartition("/")[2]
    return "-".join(re.findall("[a-z0-9]+", f"{base} {data}".lower()))[:60].strip("-") or "my-model"


def model_card(
    order: Order,
    splits: Splits,
    result: TrainingResult,
    *,
    base: ModelEntry | None = None,
    scratch: Evaluation | None = None,
) -> str:
    """Return the card as Markdown under the metadata that the Hub reads.

    `base` is the base model where the lab knows it; `scratch` is how good the same network was from
    random weights, where that was tried.
    """
    parts = (
        _beginning(order, splits),
        _data(order, splits),
        _training(order, result),
        _numbers(result, scratch),
        _cost(result),
        _limits(order, splits, result),
    )
    return f"---\n{_metadata(order, splits, result, base)}\n---\n\n" + "\n\n".join(parts) + "\n"


def verbatim(text: str, *, length: int = _LONGEST_NAME) -> str:
    """Return `text` in one short line as code, so that Markdown shows it as it is."""
    line = "".join(
        letter if letter.isprintable() or letter == _JOINER else "\ufffd"
        for letter in short(text, length=length)
    )
    if not line:
        return "(nothing)"
    fence = "`" * (1 + max(map(len, _TICKS.findall(line)), default=0))
    return f"{fence} {line} {fence}" if fence != "`" or line != line.strip("` ") else f"`{line}`"


def _metadata(order: Order, splits: Splits, result: TrainingResult, base: ModelEntry | None) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    own_data = _is_own(splits)
    found = result.evaluation
    figures = (
        [("accuracy", "Accuracy", found.accuracy), ("f1", "Macro-F1", found.macro_f1)]
        if found is not None
        else []
    )
    card = ModelCardData(
        model_name=model_name(order),
        base_model=base.id if base is not None and base.source == "hub" else None,
        base_model_relation="finetune" if base is not None and base.source == "hub" else None,
        language="en" if own_data else None,
        license=_OWN_LICENCE
        if own_data and base is not None and base.source == "starter" and base.licence == "mit"
        else None,
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["text-classification", "open-model-lab"],
        metrics=[kind for kind, _, _ in figures] or None,
        eval_results=[
            EvalResult(
                task_type="text-classification",
                dataset_type="customer-feedback" if own_data else "own-data",
                dataset_name=verbatim(splits.name).strip("` "),
                dataset_split="test",
                metric_type=kind,
                metric_name=words,
                metric_value=round(figure.value, 4),
            )
            for kind, words, figure in figures
        ]
        or None,
    )
    return str(card.to_yaml()).strip()


def _beginning(order: Order, splits: Splits) -> str:
    how = "from" if order.settings.pretrained else "from random weights, in the shape of"
    preset = preset_of(order.name)
    wrong = (
        ""
        if preset is Preset.SOUND
        else f"\n\n**Made to fail on purpose** ({PRESETS[preset].label}): {PRESETS[preset].what} "
        "It shows what goes wrong then, and is of no other use."
    )
    return f"""# {model_name(order)}

A model that sorts a text into one of {counted(len(splits.labels), "label")}. A student
trained it in Open Model Lab, {how} {verbatim(order.settings.base_id)}.{wrong}

```python
from transformers import pipeline

classify = pipeline("text-classification", model="FOLDER OR ID OF THIS MODEL")
print(classify("Put a text here.", truncation=True))
```"""


def _data(order: Order, splits: Splits) -> str:
    used = min(len(splits.train), order.settings.labels_used or len(splits.train))
    rows = [
        ("train", len(splits.train)),
        ("validation", len(splits.validation)),
        ("test", len(splits.test)),
    ]
    if _is_own(splits):
        origin = (
            "Synthetic English feedback on three products that comes with Open Model Lab, under "
            "the MIT licence. Its test texts were written by hand, apart from the others."
        )
    else:
        origin = "Data of the student's own. Their licence is not known here."
    note = f"\n\nOf the train split {used:,} rows were used." if used < len(splits.train) else ""
    shown = splits.labels[:_MOST_LABELS]
    more = len(splits.labels) - len(shown)
    counts = Counter(example.label for example in splits.train)
    labels = [f"- {verbatim(label)}: {counted(counts[label], 'row')} of train" for label in shown]
    if more:
        labels.append(f"- and {more:,} more")
    return (
        f"## Data\n\n{verbatim(splits.name)}. {origin}\n\n"
        + _table(("split", "rows"), [(name, f"{number:,}") for name, number in rows])
        + note
        + "\n\nLabels:\n\n"
        + "\n".join(labels)
    )


def _training(order: Order, result: TrainingResult) -> str:
    made = order.settings
    ended = "diverged" if result.diverged else "stopped by hand" if result.stopped else "complete"
    rows = [
        ("what learned", _METHODS[made.method]),
        ("start", "pretrained weights" if made.pretrained else "random weights"),
        ("epochs", f"{made.epochs}"),
        (
            "learning rate",
            f"{made.learning_rate:g}, AdamW, rising over the first tenth, then falling",
        ),
        ("batch size", f"{made.batch_size}"),
        ("longest text", f"{made.max_tokens} tokens; the rest is cut off"),
        ("seed", f"{made.seed}"),
        ("precision", _word(result.precision)),
        (
            "weights kept",
            f"those of step {result.best_step:,}, by the loss on the validation split",
        ),
        ("training", ended),
        *((_word(name), _word(version)) for name, version in result.versions[:10]),
    ]
    return "## Settings\n\n" + _table(("setting", "value"), rows)


def _numbers(result: TrainingResult, scratch: Evaluation | None) -> str:
    found = result.evaluation
    if found is None:
        return "## Numbers\n\nThe data had no test texts: nothing is known of how good it is."
    rows = [("this model", _interval(found.accuracy), _interval(found.macro_f1))]
    if scratch is not None:
        row = ("the same from scratch", _interval(scratch.accuracy), _interval(scratch.macro_f1))
        rows.append(row)
    rows.append(("always the commonest label", f"{found.majority:.1%}", ""))
    return (
        f"## Numbers\n\nOn {counted(len(found.examples), 'test text')} that it was not trained "
        "on, with the bounds between which a figure lies with 95 % confidence:\n\n"
        + _table(("", "accuracy", "macro-F1"), rows)
    )


def _cost(result: TrainingResult) -> str:
    cost = result.cost
    return (
        f"## Cost\n\n{cost.seconds:,.0f} seconds on a processor without a graphics card and "
        f"{cost.peak_memory_bytes / 1e6:,.0f} MB of memory; {cost.trained_parameters:,} of "
        f"{cost.parameters:,} parameters were trained."
    )


def _limits(order: Order, splits: Splits, result: TrainingResult) -> str:
    used = min(len(splits.train), order.settings.labels_used or len(splits.train))
    tested = len(result.evaluation.examples) if result.evaluation is not None else 0
    source = "hand-written texts on the same three products" if _is_own(splits) else "the same data"
    lines = [
        f"Trained in a course on {counted(used, 'text')}: a thing to learn from, no product.",
        "Not for decisions about people, nor wherever a mistake does harm.",
        f"Tested on {counted(tested, 'text')} of {source} alone. On other subjects, other "
        "languages or other ways of writing it may be much worse."
        if tested
        else "Not tested at all.",
        "It gives one of its labels to every text, to nonsense too. Its probabilities were not "
        "checked: 99 % does not mean right 99 times in 100.",
        "What its base model and its data have of prejudice, it has too.",
    ]
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _is_own(splits: Splits) -> bool:
    """Tell whether these are the lab's own data; a name could be anybody's."""
    own: Sequence[Example] = customer_feedback().test
    return splits.test == own


def _interval(figure: Interval) -> str:
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+ -]", "", text)[:40]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
