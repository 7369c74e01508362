"""The files around the lab: what is installed, how it is checked, how it looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.registry import MACHINERY, Measurement, topics

ROOT = Path(__file__).resolve().parent.parent
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]


def requirements(name: str) -> list[Requirement]:
    lines = (line.strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    loose = [
        str(requirement)
        for requirement in requirements(name)
        if not requirement.url and not re.fullmatch(r"==[\w.]+", str(requirement.specifier))
    ]
    assert not loose


@pytest.mark.parametrize(("machine", "python"), [*product(MACHINES, ["3.11", "3.12", "3.13"])])
def test_every_machine_gets_torch_once(machine: tuple[str, str], python: str) -> None:
    platform, processor = machine
    place = {"sys_platform": platform, "platform_machine": processor, "python_version": python}
    torch = [r for r in requirements("requirements.txt") if r.name == "torch"]
    applying = [r for r in torch if r.marker is None or r.marker.evaluate(place)]
    assert len(applying) == 1
    on_community_cloud = machine == ("linux", "x86_64") and python == "3.12"
    assert bool(applying[0].url) == on_community_cloud


def test_both_torch_lines_name_one_version() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert len(set(re.findall(r"torch(?:==|-)(\d+\.\d+\.\d+)", text))) == 1


def test_checking_fails_when_a_test_fails(tmp_path: Path) -> None:
    for name, status in {"chromium": 0, "make": 7}.items():
        command = tmp_path / name
        command.write_text(f"#!/bin/sh\nexit {status}\n")
        command.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")], env={**os.environ, "PATH": path}, check=False
    )
    assert run.returncode == 7


@pytest.mark.parametrize(
    "command", ["run", "test", "lessons-check", "starters", "bench", "screenshots", "clean"]
)
def test_make_help_lists_every_command(command: str) -> None:
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(rf"^  make {command} +\w", run.stdout, re.MULTILINE)


def test_the_readme_names_every_setting_and_no_other() -> None:
    """A setting that nothing reads, or that nobody can learn of, is a bug."""
    setting = re.compile(r"OPEN_MODEL_LAB_[A-Z_]*[A-Z]")
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("core", "ui", "pages", "tests/browser", "tests/core/storage")
        for path in (ROOT / folder).rglob("*.py")
    ]
    read = {name for source in sources for name in setting.findall(source)}
    assert set(setting.findall((ROOT / "README.md").read_text(encoding="utf-8"))) == read


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_theme_can_be_read_by_everyone(mode: str) -> None:
    theme = THEME[mode]
    surfaces = [
        part[name]
        for part in (theme, theme["sidebar"])
        for name in ("backgroundColor", "secondaryBackgroundColor")
    ]
    for surface in surfaces:  # WCAG AA: 4.5 for text, 3 for what is not text
        assert contrast(theme["textColor"], surface) >= 4.5
        assert contrast(theme["linkColor"], surface) >= 4.5
        assert contrast(theme["primaryColor"], surface) >= 3
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5  # the text of primary buttons


def test_the_theme_fetches_no_font() -> None:
    assert not re.search(r"https?:|url\(", json.dumps(THEME))


def test_navigation_is_known_before_the_first_visit() -> None:
    program = """
from pathlib import Path
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.server.app_discovery import discover_asgi_app
assert discover_asgi_app(Path("Home.py")).import_string == "Home:app"
import Home
assert PagesManager.uses_pages_directory is False
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("value", "ratio", "bar", "better", "reached"),
    [
        (40.0, None, 50.0, "lower", True),
        (60.0, None, 50.0, "lower", False),
        (60.0, 1.2, 1.3, "lower", True),
        (60.0, 6.9, 7.0, "higher", False),
        (60.0, None, None, "lower", None),
    ],
)
def test_a_measurement_knows_whether_it_reaches_its_bar(
    value: float, ratio: float | None, bar: float | None, better: str, reached: bool | None
) -> None:
    measurement = Measurement("name", value, "ms", better, ratio=ratio, bar=bar)  # type: ignore[arg-type]
    assert measurement.reached is reached


def test_every_topic_of_the_benchmarks_is_found_by_its_file() -> None:
    files = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(topics()) == files - MACHINERY - {"__init__"}
