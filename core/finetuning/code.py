"""The plain transformers script that trains what a training trained, and the rows it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pprint import pformat

from core.catalogue import ModelEntry
from core.finetuning.data_export import export_csv
from core.finetuning.records import Order
from core.finetuning.training import taken
from core.finetuning.types import Method, Splits, TrainingSettings
from core.show_code import model_line, revision_argument

ROWS = "train.csv"

_SCRIPT = """\
import csv
import math

import torch
{imports}

{model_line}
ROWS = {rows!r}  # columns: text, and label, the number of one of these
LABELS = {labels}
EPOCHS, RATE, BATCH, MAX_TOKENS = {epochs}, {rate!r}, {batch}, {max_tokens}

torch.manual_seed({seed})
with open(ROWS, encoding="utf-8-sig", newline="") as file:
    rows = list(csv.DictReader(file))

tokenizer = AutoTokenizer.from_pretrained(MODEL{revision})
names = dict(enumerate(LABELS))
{model}
{frozen}places = model.config.max_position_embeddings
room = min(MAX_TOKENS, tokenizer.model_max_length, places)

steps = EPOCHS * math.ceil(len(rows) / BATCH)
learn = [weight for weight in model.parameters() if weight.requires_grad]
optimizer = torch.optim.AdamW(learn, lr=RATE, weight_decay=0.01)
warm_up = max(1, round(steps / 10))


def share(step):  # of the learning rate: it rises over the first tenth, then falls to 30 %
    left = min(1.0, (steps - step) / max(1, steps - warm_up))
    return min((step + 1) / warm_up, 0.3 + 0.7 * left)


schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)

model.train()
for epoch in range(EPOCHS):
    order = torch.randperm(len(rows)).tolist()
    total = 0.0
    for start in range(0, len(order), BATCH):
        batch = [rows[number] for number in order[start : start + BATCH]]
        inputs = tokenizer(
            [row["text"] for row in batch],
            truncation=True, max_length=room, padding=True, return_tensors="pt",
        )
        labels = torch.tensor([int(row["label"]) for row in batch])
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        total += loss.item() * len(batch)
    print(f"epoch {{epoch + 1}}: loss {{total / len(rows):.3f}}")

{merge}model.save_pretrained("my-model")
tokenizer.save_pretrained("my-model")
"""

_NAMES = """\
    id2label=names,
    label2id={name: number for number, name in names.items()},
    problem_type="single_label_classification",
)
"""

_PRETRAINED = """\
{loads} = AutoModelForSequenceClassification.from_pretrained(
    MODEL{revision},
    dtype=torch.float32,
    use_safetensors=True,
{told}"""

_SCRATCH = """\
config = AutoConfig.from_pretrained(
    MODEL{revision},
{told}model = AutoModelForSequenceClassification.from_config(config)  # random weights
"""

_FROZEN = """\
# The head: what stands outside the base model, or was not in its files.
inside = model.base_model_prefix + "."
head = [
    weight
    for name, weight in model.named_parameters()
    if not name.startswith(inside) or name in {new}
]
model.requires_grad_(False)
{adapters}for weight in head:
    weight.requires_grad_(True)
"""

# As core.finetuning.networks has it.
_ADAPTERS = """\
adapters = LoraConfig(r=8, lora_alpha=16, target_modules={targets!r})
model = get_peft_model(model, adapters)
"""

# Where peft puts adapters by default; in models that it does not know the lab adapts every layer.
_ATTENTION = frozenset({"bert", "roberta", "xlm-roberta", "electra"})

DIFFERENCES = (
    "The lab also puts texts of like length into one batch, computes in bfloat16 where the "
    "processor has it, leaves out dropout inside attention, leaves the words alone that do not "
    "occur, and keeps the weights of the step "
    "with the lowest loss on the validation split, where this script keeps the last. So the "
    "figures come out near to each other, not equal."
)


def script_for_training(
    order: Order, labels: Sequence[str], *, base: ModelEntry | None = None
) -> str:
    """Return a script that trains as `order` says on the rows of `rows_csv`, and saves the model.

    `base` is the base model where the lab knows it.
    """
    made = order.settings
    lora, revision = made.method is Method.LORA, revision_argument(base) if base else ""
    names = ["AutoModelForSequenceClassification", "AutoTokenizer"]
    names += [] if made.pretrained else ["AutoConfig"]
    imports = ["from peft import LoraConfig, get_peft_model"] if lora else []
    imports.append(_import("transformers", names))
    attention = base is None or base.model_type in _ATTENTION
    targets = ["query", "value"] if attention else "all-linear"
    adapters = _ADAPTERS.format(targets=targets) if lora else ""
    new = 'loading["missing_keys"]' if made.pretrained else "()"
    return _SCRIPT.format(
        imports="\n".join(imports),
        model_line=model_line(base) if base else f"MODEL = {made.base_id!r}",
        rows=ROWS,
        labels=pformat(list(labels), width=78, compact=True),
        epochs=made.epochs,
        rate=made.learning_rate,
        batch=made.batch_size,
        max_tokens=made.max_tokens,
        seed=made.seed,
        revision=revision,
        model=_model(made, revision),
        frozen=""
        if made.method is Method.FULL
        else _FROZEN.format(new=new, adapters=adapters) + "\n",
        merge="model = model.merge_and_unload()\n" if lora else "",
    )


def rows_csv(order: Order, splits: Splits) -> bytes:
    """Return the rows that were trained on, texts beside the numbers of their labels.

    No spreadsheet takes a text in it for a formula: those get an apostrophe in front.
    """
    numbers = {label: number for number, label in enumerate(splits.labels)}
    rows = [(one.text, numbers[one.label]) for one in taken(splits.train, order.settings)]
    return export_csv([("text", "label"), *rows])


def _model(made: TrainingSettings, revision: str) -> str:
    if not made.pretrained:
        return _SCRATCH.format(revision=revision, told=_NAMES)
    if made.method is Method.FULL:
        return _PRETRAINED.format(loads="model", revision=revision, told=_NAMES)
    told = "    output_loading_info=True,\n" + _NAMES
    return _PRETRAINED.format(loads="model, loading", revision=revision, told=told)


def _import(module: str, names: list[str]) -> str:
    listed = "".join(f"    {name},\n" for name in sorted(names, key=str.lower))
    return f"from {module} import (\n{listed})"
