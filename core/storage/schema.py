"""The one table: what each learner did, line by line, never changed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# The newest migration: a database that says so needs no Alembic, which takes long to load.
REVISION = "0001"

metadata = MetaData()

# SQLite's own ids are its INTEGER; AUTOINCREMENT keeps it from giving the ids of deleted lines
# again, which a reader that goes on from the last id it saw would miss.
records = Table(
    "records",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("learner", String(64), nullable=False),
    Column("uid", String(32), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("created_s", Float(53), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("learner", "uid", name="records_learner_uid"),
    Index("records_learner_id", "learner", "id"),
    sqlite_autoincrement=True,
)
