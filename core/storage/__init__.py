"""What learners did, kept: an append-only store in SQLite or PostgreSQL, and patience with it.

Pages use `saving`, which loads the database's libraries (a third of a second) when they are needed.
"""
