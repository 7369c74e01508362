"""Who may import whom, and what a visitor to Home never waits for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"Home", "pages", "ui", "core", "starters", "benchmarks", "tools", "tests"}

# Each storey with the storeys that it may use. Pages are reached by path, never by import.
ALLOWED = {"Home": {"ui"}, "pages": {"ui", "core"}, "ui": {"ui", "core"}, "core": {"core"}}

# The floors of core, from the ground up. A module that is not named may stand anywhere: what it
# imports counts for whoever imports it.
FLOORS = [
    {"core.errors"},
    {
        "core.settings",
        "core.inference.types",
        "core.inference.tasks",
        "core.explore.types",
        "core.finetuning.types",
        "core.work.record",
    },
    {"core.storage"},
    {
        "core.model_folder",
        "core.catalogue",
        "core.hub",
        "core.hub_client",
        "core.measuring",
        "core.metrics",
        "core.glossary",
        "core.lessons",
        "core.lesson_parts",
        "core.work",
        "core.finetuning.failure_presets",
        "core.finetuning.data_presets",
        "core.exercises",
        "core.progress",
    },
    {"core.inference"},
    {
        "core.pipelines",
        "core.references",
        "core.comparing",
        "core.voting",
        "core.finetuning",
        "core.charts",
    },
    {
        "core.work.comparisons",
        "core.work.trainings",
        "core.passport",
        "core.comparing_words",
        "core.report",
    },
]


def _module(path: Path) -> str:
    """Return the dotted name of the module in `path`; a package is named by its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [
    ROOT / "Home.py",
    *(file for name in ("pages", "ui", "core") for file in (ROOT / name).rglob("*.py")),
]
SOURCES = {_module(path): path for path in sorted(FILES)}


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that can run: what only a type checker reads is left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _nodes(node)


def _imports(path: Path) -> set[str]:
    """Return the dotted names that `path` imports anywhere, modules of ours as precise as known."""
    found: set[str] = set()
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name; the house uses full names"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in SOURCES else str(node.module) for name in names}
    return found


IMPORTS = {module: _imports(path) for module, path in SOURCES.items()}


def _floor(module: str) -> int | None:
    """Return how high in core `module` stands: the floor that names it most precisely, if any."""
    while module:
        for height, floor in enumerate(FLOORS):
            if module in floor:
                return height
        module = module.rpartition(".")[0]
    return None


def _reached(module: str) -> set[str]:
    """Return what `module` imports, and through modules that stand on no floor what these do."""
    reached: set[str] = set()
    waiting = list(IMPORTS[module])
    while waiting:
        name = waiting.pop()
        if name not in reached and name in SOURCES:
            reached.add(name)
            waiting += IMPORTS[name] if _floor(name) is None else ()
    return reached


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_imports_upwards(module: str) -> None:
    allowed = ALLOWED[module.partition(".")[0]]
    storeys = {name.partition(".")[0] for name in IMPORTS[module]} & OURS
    assert storeys <= allowed, f"{module} may import {allowed} only"


@pytest.mark.parametrize("module", [name for name in SOURCES if _floor(name) is not None])
def test_core_keeps_to_its_floors(module: str) -> None:
    height = _floor(module)
    above = [name for name in _reached(module) if (_floor(name) or 0) > (height or 0)]
    assert not above, f"{module} stands below {above}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: names & set(SOURCES) for module, names in IMPORTS.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, with the circle, if there is one


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith("core")])
def test_core_knows_nothing_of_streamlit(module: str) -> None:
    assert "streamlit" not in {name.partition(".")[0] for name in IMPORTS[module]}


def test_streamlits_caches_live_in_one_file_of_ui() -> None:
    users = {
        module
        for module, path in SOURCES.items()
        for node in _nodes(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"cache_data", "cache_resource"}
    }
    assert len(users) <= 1
    assert all(module.startswith("ui.") for module in users)


def test_neither_core_nor_home_nor_any_page_loads_torch_or_transformers() -> None:
    """A fresh interpreter imports all of core and ui, so all that pages import, and opens Home."""
    # Alembic runs what is among its migrations, which nobody imports.
    modules = [
        name
        for name in SOURCES
        if name.startswith(("core", "ui")) and ".storage.migrations." not in name
    ]
    program = f"""
import importlib, json, sys
for name in {modules!r}:
    importlib.import_module(name)
import streamlit
from streamlit.testing.v1 import AppTest
streamlit.set_option("client.showErrorDetails", "full")
home = AppTest.from_file("Home.py", default_timeout=60).run()
heavy = [name for name in ("torch", "transformers") if name in sys.modules]
print(json.dumps([heavy, [error.message for error in home.exception]]))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == [[], []]
