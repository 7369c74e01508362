"""How open a model is: its weights, code, data and paper, and what it may be called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.explore.facts import said_list
from core.explore.licences import Licence, Osi
from core.explore.model_record import ModelRecord
from core.explore.snapshot_file import SnapshotModel
from core.explore.types import Open, Openness, Origin, Part, Verdict

_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]{4,300}")
_CODE_HOSTS = ("github.com/", "gitlab.com/", "codeberg.org/", "bitbucket.org/")
# What runs any model is not what made this one.
_ENGINES = (
    "huggingface/", "ggml-org/", "ggerganov/", "vllm-project/", "sgl-project/", "ollama/",
    "pytorch/", "openai/tiktoken", "dao-ailab/", "microsoft/onnx", "unslothai/", "axolotl",
    "mlco2/",
)  # fmt: skip
_PAPERS = (
    "arxiv.org/",
    "aclanthology.org/",
    "doi.org/",
    "huggingface.co/papers/",
    "openreview.net/",
)
_TRAINS = re.compile(r"train|fine-?tun|reproduc|recipe", re.IGNORECASE)
_MOST_CHARACTERS = 256 * 1024
_AROUND = 160


def openness_of(record: ModelRecord, body: str) -> Openness:
    """Return how open a model on the Hub or on this machine is, by its record and its card.

    What is derived from links says so: no link is followed.
    """
    words = body[:_MOST_CHARACTERS]
    parts = (_weights(record), _code(words), _data(record), _paper(record, words))
    return judged(parts, record.licence)


def starter_openness(record: ModelRecord) -> Openness:
    """Return how open a starter model is: all that made it is in this repository."""
    here = "It is in this repository, in the folder starters"
    parts = (
        Part("weights", Open.YES, "They are in this repository."),
        Part("code", Open.YES, f"{here}, and rebuilds the model."),
        Part("data", Open.YES, f"{here}, as the code that writes every example."),
        Part("paper", Open.NO, "There is none; the card says how the model was made and measured."),
    )
    return judged(parts, record.licence)


def snapshot_openness(model: SnapshotModel, licence: Licence | None) -> Openness:
    """Return how open a model of the snapshot is, by the judgement that the snapshot holds."""
    sure = model.confidence.get("openness") or model.confidence.get("overall", "")
    judgement = "The snapshot's judgement" + (f", confidence {sure}" if sure else "")
    data = f"{judgement}: {model.training_data}" if model.training_data else f"{judgement}."
    gate = " Its owner's terms have to be accepted first." if model.gated else ""
    closed = model.access if model.closed else ""
    parts = (
        Part("weights", model.weights_open, closed or f"{judgement}.{gate}"),
        Part("code", model.code_open, f"{judgement}, on the code that trained it."),
        Part("data", model.data_open, data),
        Part("paper", model.paper_open, model.documentation or f"{judgement}."),
    )
    return judged(parts, licence, gated=bool(model.gated))


def judged(
    parts: tuple[Part, Part, Part, Part], licence: Licence | None, *, gated: bool = False
) -> Openness:
    """Return the verdict on weights, code, data and paper, in that order, and its reason.

    Open-source asks for all of it: weights without a gate, an approved licence, code and data.
    """
    weights, code, data, _ = parts
    if weights.open is Open.NO:
        return Openness(Verdict.CLOSED, "Nobody can download its weights.", parts)
    if weights.open is Open.UNKNOWN:
        reason = "The source does not say whether the weights can be had."
        return Openness(Verdict.UNCLEAR, reason, parts)
    missing = []
    if gated or weights.open is Open.PARTLY:
        missing.append("there is a gate before them")
    if licence is None:
        missing.append("no licence is named")
    elif licence.osi is not Osi.YES:
        missing.append(_about(licence))
    missing += [
        _MISSING[part.name, part.open] for part in (code, data) if part.open is not Open.YES
    ]
    if not missing:
        reason = "Weights, code and data can be had, under an open-source licence."
        return Openness(Verdict.OPEN_SOURCE, reason, parts)
    reason = f"The weights can be had, but {_joined(missing)}."
    return Openness(Verdict.OPEN_WEIGHTS, reason, parts)


_MISSING: Mapping[tuple[str, Open], str] = {
    ("code", Open.PARTLY): "the training code is open in part, or not for certain",
    ("code", Open.NO): "the training code is not published",
    ("code", Open.UNKNOWN): "no training code is named",
    ("data", Open.PARTLY): "the training data are named or open in part only",
    ("data", Open.NO): "the training data are not published",
    ("data", Open.UNKNOWN): "the training data are not named",
}


def _about(licence: Licence) -> str:
    return {
        Osi.NO: f"the licence ({licence.name}) is not open-source",
        Osi.NOT_SOFTWARE: f"the licence ({licence.name}) is none for software",
    }.get(licence.osi, f"the lab cannot tell whether the licence ({licence.name}) is open-source")


def _joined(reasons: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(reasons[:-1]), reasons[-1])))


def _weights(record: ModelRecord) -> Part:
    if record.files is None and not record.parameters:
        return Part("weights", Open.UNKNOWN, "The Hub does not list the files.")
    if record.files is not None and not record.weights:
        return Part("weights", Open.NO, "There are no weights among the files.")
    if record.origin is Origin.HERE:
        return Part("weights", Open.YES, "They are on this machine.")
    if record.gated:
        reason = "They can be downloaded once the terms are accepted."
        return Part("weights", Open.PARTLY, reason)
    if record.gated is None:
        return Part("weights", Open.PARTLY, "They are listed; whether there is a gate is not said.")
    return Part("weights", Open.YES, "Anybody can download them.")


def _code(body: str) -> Part:
    linked = ""
    for found in _ADDRESS.finditer(body):
        address = found[0].rstrip(".,;:!*_")
        place = next((host for host in _CODE_HOSTS if host in address.lower()), "")
        path = address.lower().partition(place)[2] if place else ""
        if "/" not in path or path.startswith(_ENGINES):
            continue
        around = body[max(0, found.start() - _AROUND) : found.end() + 20]
        if _TRAINS.search(around.replace(found[0], "")):
            reason = f"The card links to code at {address}; the lab did not check what is there."
            return Part("code", Open.YES, reason)
        linked = linked or address
    if linked:
        reason = f"The card links to {linked}, and does not say that it is the training code."
        return Part("code", Open.PARTLY, reason)
    return Part("code", Open.UNKNOWN, "The card links to no code that trained it.")


def _data(record: ModelRecord) -> Part:
    if not record.datasets:
        return Part("data", Open.UNKNOWN, "The card's metadata name no datasets.")
    shown = said_list(record.datasets)
    if all("/" in name for name in record.datasets):
        reason = f"Named as datasets on the Hub: {shown}. The lab did not check that they are all."
        return Part("data", Open.YES, reason)
    return Part("data", Open.PARTLY, f"Named: {shown}. Whether they can be had is not checked.")


def _paper(record: ModelRecord, body: str) -> Part:
    if record.papers:
        numbers = said_list(record.papers)
        return Part("paper", Open.YES, f"The Hub's tags name arXiv {numbers}; it was not opened.")
    for found in _ADDRESS.finditer(body):
        address = found[0].rstrip(".,;:!*_")
        if any(place in address.lower() for place in _PAPERS):
            reason = f"The card links to {address}; whether it is on this model was not checked."
            return Part("paper", Open.PARTLY, reason)
    return Part("paper", Open.UNKNOWN, "The card links to no paper.")
