"""Brings the tables of a database to what this lab expects, once, whoever comes first."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.errors import StoreError
from core.storage.database import Database
from core.storage.schema import REVISION

_STEPS = Path(__file__).parent / "migrations"
# Any number will do that nobody else locks in the same database.
_LOCK = 0x0BE7_1AB0


def prepare(database: Database) -> None:
    """Make the tables, or change those of an older lab; several processes may do so at once.

    Raises:
        StoreError: they are those of a newer lab.
    """
    with database.transaction(writes=False) as connection:
        if _revision(connection) == REVISION:
            return
    # On SQLite a writer is alone anyway.
    with database.transaction(writes=True) as connection:
        if not database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        _migrate(connection, _revision(connection))


def _revision(connection: Connection) -> str | None:
    """Return what the database says of itself; None when nobody has used it yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _migrate(connection: Connection, revision: str | None) -> None:
    # Alembic takes a third of a second to load, and a database that is as it should be spares it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if revision == REVISION:
        return
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            "The saved work was written by a newer version of the lab, which this one cannot read.",
            next_step="Whoever runs the lab: update it, or name another database for this one.",
        )
    command.upgrade(config, "head")
