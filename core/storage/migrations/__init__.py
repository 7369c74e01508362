"""How the schema came to be, step by step; Alembic runs the steps that a database lacks.

A new step is a file in `versions/` that names the one before as its `down_revision`; `schema.py`
gets the same change and the new `REVISION`. A test compares the two.
"""
