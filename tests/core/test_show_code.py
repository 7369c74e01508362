"""The shown script gives exactly what the lab gave, run from the repository as it stands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalogue import ModelEntry
from core.inference.lab import Lab
from core.inference.types import GenerationConfig, Request, Task
from core.inference.variants import REFERENCE
from core.settings import ROOT
from core.show_code import script_for

WRITE, SUM_UP, FRENCH = Task.TEXT_GENERATION, Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR
NASTY = '"{0}"\n\tC:\\n \'\'\' """ 🤖 é ש %\\'
SAMPLED = GenerationConfig(max_new_tokens=25, temperature=0.9, top_p=0.9, seed=11)

# Many scripts in one process, since each import of the library takes seconds; nothing of one is
# left for the next but the library itself.
_RUNNER = """
import contextlib, io, json, sys
for line in sys.stdin:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(json.loads(line), "script", "exec"), {"__name__": "__main__"})
    print(json.dumps(shown.getvalue()), flush=True)
"""


@pytest.fixture(scope="module")
def execute() -> Iterator[Callable[[str], str]]:
    """Run a script in another process whose directory is the repository's root."""
    process = subprocess.Popen(
        [sys.executable, "-c", _RUNNER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(script: str) -> str:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(script) + "\n")
        process.stdin.flush()
        return str(json.loads(process.stdout.readline()))

    yield run
    process.communicate()
    assert process.returncode == 0


@pytest.fixture(scope="module")
def in_repository(models_dir: Path) -> Iterator[Path]:
    """The models as folders of the repository, where starters are."""
    folder = ROOT / "build" / "test-show-code"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(models_dir, folder)
    yield folder
    shutil.rmtree(folder)


def entry_in(folder: Path, lab: Lab, name: str) -> ModelEntry:
    return replace(lab.catalogue.find(f"local/{name}"), path=folder / name)


@pytest.mark.parametrize(
    "config",
    [
        GenerationConfig(max_new_tokens=25),
        GenerationConfig(max_new_tokens=25, ignore_end=True),
        SAMPLED,
        replace(SAMPLED, seed=2**32 - 1, temperature=2.5, top_p=1.0, ignore_end=True),
    ],
    ids=["greedy", "greedy of fixed length", "sampled", "sampled of fixed length"],
)
@pytest.mark.parametrize("text", ["Once upon a time", NASTY])
@pytest.mark.parametrize(
    ("name", "task"), [("story", WRITE), ("t5", SUM_UP), ("t5", FRENCH)], ids=["write", "sum", "fr"]
)
def test_the_script_prints_what_the_reference_engine_gave(
    lab: Lab,
    execute: Callable[[str], str],
    in_repository: Path,
    name: str,
    task: Task,
    text: str,
    config: GenerationConfig,
) -> None:
    request = Request(task, f"local/{name}", text, config, REFERENCE)
    result = lab.run(request)
    assert not result.notices
    threads = result.provenance.threads
    script = script_for(request, entry_in(in_repository, lab, name), threads=threads)
    assert execute(script) == result.output + "\n"


def test_invisible_characters_are_left_out_of_the_script_as_of_the_run(
    lab: Lab, execute: Callable[[str], str], in_repository: Path
) -> None:
    request = Request(WRITE, "local/story", "Once\0 upon\r\na time\ud800", SAMPLED, REFERENCE)
    script = script_for(request, entry_in(in_repository, lab, "story"), threads=1)
    assert execute(script) == lab.run(request).output + "\n"


def test_a_hub_model_is_named_with_its_revision(lab: Lab) -> None:
    entry = lab.catalogue.find("gpt2")
    script = script_for(Request(WRITE, "gpt2", "Hello"), entry, threads=1)
    assert "MODEL = 'openai-community/gpt2'" in script
    assert script.count(f"revision={entry.revision!r}") == 2
    compile(script, "script", "exec")


def test_a_folder_outside_the_repository_is_named_without_its_place(lab: Lab) -> None:
    entry = lab.catalogue.find("local/story")
    script = script_for(Request(WRITE, "local/story", "Hello"), entry, threads=1)
    assert str(entry.path) not in script
    assert "MODEL = 'story'" in script
