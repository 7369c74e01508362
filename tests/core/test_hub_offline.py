"""Without a network the lab goes on: what is here runs, what is not says what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.catalogue import build_catalogue
from core.errors import HubError
from core.glossary import glossary
from core.inference.lab import Lab
from core.inference.types import GenerationConfig, Request, Task
from core.lessons import all_lessons
from core.settings import Settings
from tests.loopback_hub import Repo, point_at, serve
from tests.random_models import make_gpt2

ROOT = Path(__file__).resolve().parents[2]
CLOSED = "http://127.0.0.1:9"
MODEL = "school/tiny-gpt2"

# What a deployment does: HF_ENDPOINT is read when the library is first imported.
ASK = f"""
import json
from core.catalogue import Catalogue, ModelEntry
from core.hub import is_downloaded
from core.inference.lab import Lab
from core.inference.types import GenerationConfig, Request, Task
from core.settings import settings

entry = ModelEntry(
    id="{MODEL}", source="hub", tasks=(Task.TEXT_GENERATION,), summary="", revision="main",
    parameters=40_000, memory_bytes=2**24, download_bytes=160_000,
)
here = is_downloaded(entry.id, entry.revision)
result = Lab(Catalogue((entry,)), settings()).run(
    Request(Task.TEXT_GENERATION, entry.id, "Once upon", GenerationConfig(max_new_tokens=5))
)
print(json.dumps([here, result.output, result.tokens_out]))
"""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gpt2(tmp_path_factory.mktemp("tiny") / "gpt2-stories")


@pytest.fixture
def offline(tiny: Path, limits: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab with one starter and memory for the Hub's small models, but no network."""
    point_at(CLOSED, tmp_path / "cache", monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**40))
    roomy = replace(limits, memory_budget_bytes=2**31)
    return Lab(build_catalogue(roomy, starters=tiny.parent), roomy)


def request(model_id: str, task: Task = Task.TEXT_GENERATION) -> Request:
    return Request(task, model_id, "Once upon", GenerationConfig(max_new_tokens=3))


def test_starters_local_folders_and_lessons_need_no_network(offline: Lab) -> None:
    assert offline.run(request("starter/gpt2-stories")).tokens_out >= 1
    assert offline.run(request("local/story")).tokens_out >= 1
    assert all_lessons()
    assert glossary()


def test_every_hub_model_says_what_to_do_without_a_network(offline: Lab) -> None:
    usable = [e for e in offline.catalogue.entries if e.source == "hub" and e.usable]
    assert usable
    for entry in usable:
        with pytest.raises(HubError) as caught:
            offline.submit(request(entry.id, entry.tasks[0])).result(timeout_s=60)
        assert entry.id in caught.value.message
        assert "does not answer from here" in caught.value.message
        assert "Use a starter model" in caught.value.next_step
        assert "OPEN_MODEL_LAB_MODELS" in caught.value.next_step


def test_a_new_process_obeys_hf_endpoint_and_then_needs_no_network(
    tiny: Path, tmp_path: Path
) -> None:
    def ask(endpoint: str) -> list[object]:
        environment = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
        environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path), "HF_TOKEN": "hf_private"}
        run = subprocess.run(
            [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        answer: list[object] = json.loads(run.stdout.splitlines()[-1])
        return answer

    with serve(Repo(MODEL, tiny)) as hub:
        before, first, tokens = ask(hub.url)
        asked = list(hub.seen)
    assert before is False
    assert any(seen.path.endswith("/model.safetensors") for seen in asked)
    assert not any("hf_private" in str(seen) for seen in asked)
    assert ask(CLOSED) == [True, first, tokens]
