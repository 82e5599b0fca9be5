"""The schema of the sessions database, step by step (Alembic)."""
