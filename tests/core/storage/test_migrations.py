"""The tables are made once, by whoever comes first, and are what the code expects."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.errors import StoreError
from core.settings import ROOT
from core.storage.migrating import _STEPS
from core.storage.schema import REVISION, metadata
from core.storage.store import WorkStore
from core.work.record import Record

USE = """
import sys
from core.storage.address import read_address
from core.storage.store import WorkStore
print(WorkStore(read_address(sys.argv[1])).count("a" * 64))
print([name for name in ("alembic",) if name in sys.modules])
"""


def using(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_the_migrations_make_what_the_code_expects(store: WorkStore) -> None:
    store.check()
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION
    assert ScriptDirectory(str(_STEPS)).get_heads() == [REVISION]


def test_processes_and_threads_that_come_first_together_all_find_the_tables(
    url: str, open_store: Callable[[str], WorkStore]
) -> None:
    processes = [using(url) for _ in range(3)]
    stores = [open_store(url) for _ in range(6)]
    together = threading.Barrier(len(stores))
    counts: list[int] = []

    def use(store: WorkStore) -> None:
        together.wait()
        counts.append(store.count("a" * 64))

    threads = [threading.Thread(target=use, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [0] * len(stores)
    for process in processes:
        assert process.communicate(timeout=60)[0].startswith("0\n")
        assert process.returncode == 0


def test_tables_that_are_there_are_used_without_loading_alembic(url: str, store: WorkStore) -> None:
    store.check()
    assert using(url).communicate(timeout=60)[0] == "0\n[]\n"


def test_a_schema_from_the_future_is_refused_in_words_and_left_alone(
    url: str, store: WorkStore, learner: str, open_store: Callable[[str], WorkStore]
) -> None:
    store.append(learner, [Record("answer", {"text": "from the future"})])
    with store.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    older = open_store(url)
    for use in (older.count, older.after, older.delete):
        with pytest.raises(StoreError, match="newer version") as refused:
            use(learner)
        assert "update" in refused.value.next_step
    with pytest.raises(StoreError, match="newer version"):
        older.append(learner, [Record("answer", {})])
    assert store.count(learner) == 1
