"""What the loopback Hub hosts when the lab is to be seen with a Hub: the starters, and around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.settings import STARTERS
from tests.loopback_hub import LoopbackHub, serve
from tests.loopback_repo import Repo

OWNER = "open-model-lab"
DATASET = f"{OWNER}/stories"
STREAMLIT_SPACE = f"{OWNER}/story-writer"
DOCKER_SPACE = f"{OWNER}/story-server"

_NEWEST = datetime(2025, 6, 1, 12, tzinfo=UTC)

_DATASET_CARD = """---
language: en
license: cc-by-4.0
task_categories:
- text-generation
size_categories: n<1K
pretty_name: Stories
dataset_info:
  splits:
  - {name: train, num_examples: 12, num_bytes: 900}
  - {name: test, num_examples: 3, num_bytes: 240}
---

# Stories

Short stories about animals that look for things, written by templates.

## Source of the data

The sentences were composed by a program; no person wrote or appears in them.

## Splits

12 stories for training, 3 for testing.
"""

_STREAMLIT_CARD = f"""---
title: Story writer
sdk: streamlit
sdk_version: 1.40.0
app_file: app.py
license: mit
models:
- {OWNER}/gpt2-stories
datasets:
- {DATASET}
---

# Story writer

Writes the end of a story that you begin.
"""

_DOCKER_CARD = """---
title: Story server
sdk: docker
app_port: 7860
---

# Story server
"""


def starters_as_repos(folder: Path) -> tuple[Repo, ...]:
    """Return each starter as a model repository, a dataset and two Spaces written to `folder`.

    A starter `starter/<name>` is `open-model-lab/<name>` here; the first by name is the newest and
    the most popular.
    """
    models = tuple(
        Repo(
            f"{OWNER}/{path.name}",
            path,
            downloads=1000 - 100 * rank,
            likes=50 - 5 * rank,
            trending_score=9 - rank,
            created_at=_NEWEST - timedelta(days=30 * rank),
            last_modified=_NEWEST - timedelta(days=10 * rank),
        )
        for rank, path in enumerate(sorted(STARTERS.glob("*/")))
    )
    return (*models, _dataset(folder / "stories"), *_spaces(folder))


@contextmanager
def serve_starters() -> Iterator[LoopbackHub]:
    """Serve `starters_as_repos()` until the end of the block."""
    with (
        TemporaryDirectory(prefix="open-model-lab-hub-") as folder,
        serve(*starters_as_repos(Path(folder))) as hub,
    ):
        yield hub


@pytest.fixture
def starter_hub() -> Iterator[LoopbackHub]:
    """Serve the starters to a lab of its own process, started with `hub.environment`."""
    with serve_starters() as hub:
        yield hub


def _dataset(folder: Path) -> Repo:
    animals = ("hen", "goat", "cat", "owl", "fox", "cow", "dog", "pig", "bee", "ant", "rat", "bat")
    _write(folder / "README.md", _DATASET_CARD)
    for split, some in (("train", animals), ("test", animals[:3])):
        lines = (
            f'{{"id": {at}, "text": "A {animal} looked for a friend.", "words": 6}}\n'
            for at, animal in enumerate(some)
        )
        _write(folder / "data" / f"{split}.jsonl", "".join(lines))
    tags = ("format:json", "modality:text", "library:datasets")
    return Repo(DATASET, folder, kind="dataset", tags=tags, downloads=80, likes=7)


def _spaces(folder: Path) -> tuple[Repo, Repo]:
    _write(folder / "writer" / "README.md", _STREAMLIT_CARD)
    _write(folder / "writer" / "app.py", "import streamlit as st\n")
    _write(folder / "server" / "README.md", _DOCKER_CARD)
    _write(folder / "server" / "Dockerfile", "FROM python:3.12-slim\n")
    return (
        Repo(STREAMLIT_SPACE, folder / "writer", kind="space", likes=12, trending_score=3),
        Repo(DOCKER_SPACE, folder / "server", kind="space", likes=2),
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
