"""What is known of a Space, a program that runs on the Hub, and what its card leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.bounds import text, texts
from core.card import Card
from core.explore.repo_facts import CARD, HUB, hub_facts, licence_fact, listed
from core.explore.types import Fact, Gap

_KINDS = {
    "streamlit": "Streamlit: a Python script that becomes a web page, as this lab is",
    "gradio": "Gradio: a Python function that gets a form around it",
    "docker": "Docker: any program, in a container of its own",
    "static": "static: pages that run in your browser; nothing is computed on the Hub",
}
_STAGES = {
    "RUNNING": "running",
    "RUNNING_BUILDING": "running, while a new version is built",
    "RUNNING_APP_STARTING": "running, while a new version starts",
    "BUILDING": "being built",
    "APP_STARTING": "starting",
    "SLEEPING": "asleep: it wakes when somebody opens it",
    "PAUSED": "paused by its owner",
    "STOPPED": "stopped",
    "DELETING": "being deleted",
    "NO_APP_FILE": "has no program yet",
    "CONFIG_ERROR": "broken: its settings are wrong",
    "BUILD_ERROR": "broken: it could not be built",
    "RUNTIME_ERROR": "broken: the program stopped with an error",
}
_HARDWARE = {
    "cpu-basic": "cpu-basic: 2 processor cores, free of charge",
    "zero-a10g": "ZeroGPU: a graphics card that is shared, for as long as a call lasts",
}


def space_facts(told: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield what the Hub's answer says; `cardData` in it is the card's metadata, bounded."""
    metadata: Mapping[str, Any] = told["cardData"]
    sdk = text(told.get("sdk")).lower()
    if sdk:
        yield Fact("Made with", _made_with(sdk, told), HUB)
    if version := text(metadata.get("sdk_version"), longest=40):
        yield Fact("Version of the SDK", version, CARD)
    runtime = told.get("runtime")
    runtime = runtime if isinstance(runtime, Mapping) else {}
    if stage := text(runtime.get("stage"), longest=60):
        yield Fact("State now", _STAGES.get(stage, stage.lower().replace("_", " ")), HUB)
    hardware = runtime.get("hardware")
    hardware = hardware if isinstance(hardware, Mapping) else {}
    if name := text(hardware.get("current") or hardware.get("requested"), longest=60):
        yield Fact("Runs on", _HARDWARE.get(name, name), HUB)
    for name, key in (("Models it uses", "models"), ("Datasets it uses", "datasets")):
        if value := listed(told.get(key)):
            yield Fact(name, value, HUB)
        elif value := listed(metadata.get(key)):
            yield Fact(name, value, CARD)
    yield from licence_fact(metadata)
    yield from hub_facts(told)


def space_gaps(told: Mapping[str, Any], card: Card | None) -> Iterator[Gap]:
    """Yield what neither the Hub nor the card says."""
    metadata: Mapping[str, Any] = told["cardData"]
    if not texts(metadata.get("license")):
        yield Gap("Licence", "Without a licence, nobody has permission to copy the program.")
    if not texts(told.get("models")) and not texts(metadata.get("models")):
        yield Gap("Models it uses", "What answers you, and where its limits are, stays hidden.")


def _made_with(sdk: str, told: Mapping[str, Any]) -> str:
    kind = _KINDS.get(sdk, sdk)
    # The Hub's own template for Streamlit is a container today.
    inside = next((tag for tag in ("streamlit", "gradio") if tag in texts(told.get("tags"))), "")
    if sdk == "docker" and inside:
        return f"{kind}; by its tags a {inside.capitalize()} app"
    return kind
