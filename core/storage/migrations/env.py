"""What Alembic runs to migrate: the caller's connection, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from core.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
