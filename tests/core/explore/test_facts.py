"""Facts and gaps are told with their sources, and no metadata are too wild for them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.card import card_in
from core.explore.facts import facts_of, said_bytes, said_number
from core.explore.gap_topics import TOPICS
from core.explore.gaps import gaps_of
from core.explore.licences import Osi, licence_of, licences
from core.explore.model_hub_record import hub_record
from core.explore.model_record import ModelFile, ModelRecord
from core.explore.openness import openness_of
from core.explore.types import Origin
from core.settings import STARTERS

ALL = {topic.name for topic in TOPICS}

SAID: dict[str, Any] = {
    "id": "school/tiny",
    "sha": "a" * 40,
    "pipeline_tag": "text-generation",
    "library_name": "transformers",
    "tags": ["license:apache-2.0", "base_model:finetune:school/base", "arxiv:2401.00001"],
    "cardData": {
        "license": "apache-2.0",
        "language": ["en", "fr"],
        "datasets": ["school/stories"],
        "base_model": "school/base",
    },
    "safetensors": {"parameters": {"BF16": 1_000_000_000, "F32": 1000}, "total": 1_000_001_000},
    "siblings": [
        {"rfilename": "model-00001-of-00002.safetensors", "size": 1_500_000_000},
        {"rfilename": "model-00002-of-00002.safetensors", "size": 500_004_000},
        {"rfilename": "pytorch_model.bin", "size": 2_000_000_000},
        {"rfilename": "onnx/model.onnx", "size": 9},
        {"rfilename": "README.md", "size": 9},
    ],
    "config": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
    "gated": "manual",
    "lastModified": "2025-01-02T03:04:05.000Z",
    "downloads": 12345,
    "likes": 6,
}


def told(record: ModelRecord) -> dict[str, tuple[str, str]]:
    return {fact.name: (fact.value, fact.source) for fact in facts_of(record)}


def record(body_tags: tuple[str, ...] = (), **metadata: Any) -> ModelRecord:
    return ModelRecord(
        id="school/tiny",
        origin=Origin.LIVE,
        tags=body_tags,
        metadata=MappingProxyType(metadata),
        files=(ModelFile("model.safetensors", 10),),
        gated="",
    )


def names(found: tuple[Any, ...]) -> set[str]:
    return {gap.name for gap in found}


def test_the_hub_s_answer_becomes_facts_with_sources() -> None:
    facts = told(hub_record("school/tiny", SAID))
    assert facts["Licence"] == (
        "Apache License 2.0 (apache-2.0): open-source, approved by the Open Source Initiative.",
        "the card's metadata, `license`",
    )
    counted = "counted by the Hub in the headers of the weights"
    assert facts["Parameters"] == ("1,000,001,000 (1 billion)", counted)
    assert facts["Precision"] == ("BF16 (1,000,000,000 values), F32 (1,000 values)", counted)
    size = "2.0 GB (BF16 2.0 GB, F32 0.1 MB)"
    assert facts["Size of the weights"] == (size, "the Hub's list of files")
    assert facts["Languages"][0] == "en, fr"
    assert facts["Training datasets"][0] == "school/stories"
    assert facts["Base model"] == (
        "fine-tuned from school/base",
        "the card's metadata, `base_model`",
    )
    assert facts["Gated"][0].startswith("yes: log in and ask")
    assert facts["Architecture"][0] == "LlamaForCausalLM, llama"
    assert facts["Last change"] == ("2025-01-02", "the Hub's record")
    assert facts["Downloads"][0] == "12,345 in the last 30 days"
    assert facts["Revision"][0] == "a" * 40


def test_what_is_not_said_is_no_fact() -> None:
    assert facts_of(hub_record("school/tiny", {})) == ()


def test_a_licence_of_the_author_s_own_goes_by_its_name() -> None:
    value, _ = told(record(license="other", license_name="school-licence"))["Licence"]
    assert value.startswith("school-licence (other): whether it is open-source is not known")


def test_of_gguf_files_one_is_enough() -> None:
    files = (ModelFile("m-Q4_0.gguf", 500_000_000), ModelFile("m-Q8_0.gguf", 10**9))
    found = ModelRecord(id="school/tiny", origin=Origin.LIVE, files=files)
    assert found.weights_bytes == 500_000_000
    assert told(found)["Size of the weights"][0] == (
        "500 MB to 1.0 GB: 2 GGUF files, of which one is enough"
    )


@pytest.mark.parametrize(
    ("files", "counted"),
    [
        (("unet/w.safetensors", "unet/w.fp16.safetensors", "vae/w.safetensors"), 2),
        (("consolidated.safetensors", "model.safetensors"), 1),
        (("adapter_model.safetensors", "training_args.bin"), 1),
        (("training_args.bin", "tokenizer.json"), 0),
    ],
)
def test_one_set_of_weights_is_counted(files: tuple[str, ...], counted: int) -> None:
    found = ModelRecord(
        id="a/b", origin=Origin.LIVE, files=tuple(ModelFile(name, 1) for name in files)
    )
    assert len(found.weights) == counted


@pytest.mark.parametrize(
    ("tag", "osi"),
    [
        ("apache-2.0", Osi.YES),
        ("MIT", Osi.YES),
        ("llama3.2", Osi.NO),
        ("creativeml-openrail-m", Osi.NO),
        ("cc-by-nc-4.0", Osi.NOT_SOFTWARE),
        ("other", Osi.NOT_KNOWN),
        ("made up <b>\n", Osi.NOT_KNOWN),
    ],
)
def test_licences_are_told_apart(tag: str, osi: Osi) -> None:
    assert licence_of(tag).osi is osi


def test_every_licence_that_is_not_open_says_what_it_asks() -> None:
    unsaid = [one.tag for one in licences().values() if one.osi is not Osi.YES and not one.terms]
    assert (unsaid, len(licences()) > 75) == ([], True)


def test_numbers_are_told_exactly_and_in_words() -> None:
    assert said_number(124_439_808) == "124,439,808 (124 million)"
    assert [said_bytes(n) for n in (1, 2_000_000, 548_000_000, 16 * 10**9)] == [
        *("0.1 MB", "2.0 MB", "548 MB", "16.0 GB")
    ]


@pytest.mark.parametrize("folder", sorted((STARTERS).iterdir()), ids=lambda path: path.name)
def test_the_starters_cards_leave_out_one_thing(folder: Path) -> None:
    card = card_in(folder)
    found = ModelRecord(id=f"starter/{folder.name}", origin=Origin.HERE, metadata=card.metadata)
    assert names(gaps_of(found, card.body)) == {"energy or carbon"}


TEMPLATE = """
# Model Card for Model ID

<!-- Provide a quick summary of what the model is/does. -->

## Model Details

- **Developed by:** [More Information Needed]
- **Language(s) (NLP):** [More Information Needed]
- **License:** [More Information Needed]
- **Finetuned from model [optional]:** [More Information Needed]

## Uses

<!-- Address questions around how the model is intended to be used. -->

### Direct Use

[More Information Needed]

## Bias, Risks, and Limitations

[More Information Needed]

### Recommendations

Users (both direct and downstream) should be made aware of the risks, biases and limitations of the
model. More information needed for further recommendations.

## Training Details

### Training Data

[More Information Needed]

## Evaluation

### Results

[More Information Needed]

## Environmental Impact

Carbon emissions can be estimated using the [Machine Learning Impact calculator](https://mlco2.io)
presented in [Lacoste et al. (2019)](https://arxiv.org/abs/1910.09700).

- **Carbon Emitted:** [More Information Needed]

## Citation [optional]

[More Information Needed]
"""

TRAINER = """
<!-- This model card has been generated automatically according to the information the Trainer had
access to. You should probably proofread and complete it, then remove this comment. -->

# finetuned-imdb

This model is a fine-tuned version of [distilbert-base-uncased](https://huggingface.co/distilbert)
on an unknown dataset.
It achieves the following results on the evaluation set:
- Loss: 0.2331
- Accuracy: 0.93

## Model description

More information needed

## Intended uses & limitations

More information needed

## Training and evaluation data

More information needed

## Training procedure

### Training hyperparameters

- learning_rate: 2e-05
- train_batch_size: 16
"""

FULL = """
# GPT-like

Pretrained model on English language using a causal language modeling objective. It was introduced
in [this paper](https://arxiv.org/abs/1) by its team.

## Intended uses & limitations

You can use the raw model for text generation.

### Limitations and bias

The training data contain unfiltered content from the internet, which is far from neutral.

## Training data

The weights were trained on a dataset of web pages scraped from 45 million links.

## Training procedure

The texts are tokenized with a byte-level version of BPE.

## Evaluation results

| Dataset | LAMBADA |
|---|---|
| PPL | 35.13 |

### BibTeX entry and citation info

```bibtex
@article{team2019, title={A language model}}
```
"""


def test_a_template_that_nobody_filled_in_says_nothing() -> None:
    assert names(gaps_of(record(), TEMPLATE)) == ALL - {"base model"}


def test_a_card_that_a_program_wrote_says_what_it_measured_and_no_more() -> None:
    assert names(gaps_of(record(license="mit"), TRAINER)) == {
        *("training data", "languages", "intended use", "limitations or bias"),
        *("authors or contact", "energy or carbon"),
    }


def test_a_full_card_leaves_out_little() -> None:
    assert names(gaps_of(record(license="mit"), FULL)) == {"energy or carbon"}


def test_no_card_says_nothing() -> None:
    assert names(gaps_of(record(), "")) == ALL - {"base model"}


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ("## Bias\n\nTBD\n\n## Use\n\nx", "limitations or bias"),
        ("## Evaluation\n\n## Other\n\nSome words about something else.", "evaluation"),
        (
            "## Limitations\n\n<!-- This hidden text says nothing to any reader. -->",
            "limitations or bias",
        ),
        ("```\n## Training data\nIn a block of code there are no headings.\n```", "training data"),
    ],
)
def test_a_heading_with_nothing_under_it_is_a_gap(body: str, topic: str) -> None:
    assert topic in names(gaps_of(record(), body))


def test_what_stands_under_a_lower_heading_counts() -> None:
    body = "## Evaluation\n\n### On stories\n\nEighty of a hundred stories were sound."
    assert "evaluation" not in names(gaps_of(record(), body))


def test_metadata_fill_gaps() -> None:
    metadata = {"license": "mit", "language": "en", "datasets": ["a/b"], "co2_eq_emissions": "12"}
    gaps = names(gaps_of(record(**metadata), ""))
    assert not gaps & {"licence", "languages", "training data", "energy or carbon"}


def test_a_base_model_is_missed_only_where_there_must_be_one() -> None:
    assert "base model" in names(gaps_of(record(("lora",)), "An adapter."))
    assert "base model" not in names(gaps_of(record(("lora",), base_model="a/b"), "An adapter."))


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
answers = st.fixed_dictionaries({}, optional=dict.fromkeys(SAID, wild)) | wild


@given(answers, st.dictionaries(st.sampled_from([*SAID["cardData"], "model-index"]), wild))
def test_no_answer_is_too_wild(said: Any, metadata: dict[str, Any]) -> None:
    if isinstance(said, dict):
        said = {**said, "cardData": metadata}
    found = hub_record("school/tiny", said)
    for fact in facts_of(found):
        assert fact.source and len(fact.value) < 10_000 and fact.value.isprintable()
    gaps_of(found, "")
    assert openness_of(found, "").reason


@given(st.text(max_size=500) | st.text("#*[] \n<!->.trainedo`", max_size=300))
def test_any_body_has_gaps(body: str) -> None:
    assert names(gaps_of(record(), body)) <= ALL


def test_a_body_made_to_be_slow_is_read() -> None:
    """The test's time limit is what a pattern that backtracks without end would meet."""
    for body in (
        "train on " * 30_000,
        "<!--" * 60_000,
        "```\n" * 60_000,
        "may " * 60_000,
        "# a\n" * 60_000,
    ):
        gaps_of(record(), body)
        openness_of(record(), body.replace("train", "https://github.com/a/b train"))


def test_a_change_is_told_in_one_time_zone() -> None:
    said = {"lastModified": "2025-01-01T23:30:00-02:00"}
    assert hub_record("a/b", said).changed == datetime(2025, 1, 2, 1, 30, tzinfo=UTC)
