"""What every test stands on: its own data folder, no leftovers in caches, quick tests first."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Before any of the lab is imported: no test writes to the data of the person who runs it.
os.environ["OPEN_MODEL_LAB_DATA"] = tempfile.mkdtemp(prefix="open-model-lab-tests-")
os.environ.pop("OPEN_MODEL_LAB_DATABASE", None)
os.environ["OPEN_MODEL_LAB_CACHE"] = tempfile.mkdtemp(prefix="open-model-lab-cache-")
# Networks of tests are tiny: threads that wait for each other spin, and double the time of two test
# processes on two cores. What the lab computes with, it sets itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Other programs share the machine: slowness is no failure. A run repeats the one before: an input
# that nobody has tried yet is looked for with --hypothesis-profile=search, not by whoever builds.
settings.register_profile("search", deadline=None, max_examples=300)
settings.register_profile("lab", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("lab")

# Folders whose files take longest: pages run whole, and trainings have processes of their own.
_LONG = {"pages", "finetuning"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that need a browser last, so that the quick ones speak first.

    Where several processes share the work, the long files come first, so that they end together.
    """
    at_once = "PYTEST_XDIST_WORKER" in os.environ

    def turn(item: pytest.Item) -> int:
        if item.get_closest_marker("browser") is not None:
            return 0 if at_once else 2
        return 1 if not at_once or item.path.parent.name in _LONG else 2

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def streamlit_for_tests() -> Iterator[None]:
    """Show tests the errors that visitors are spared; hand no cached thing to the next test."""
    if "streamlit" not in sys.modules:
        yield
        return
    import streamlit as st

    st.set_option("client.showErrorDetails", "full")
    yield
    st.cache_data.clear()
    st.cache_resource.clear()
