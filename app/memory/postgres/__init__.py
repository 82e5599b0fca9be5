"""Conversations in PostgreSQL: the session store for several processes on one database."""

from app.memory.postgres.store import PostgresSessionStore

__all__ = ["PostgresSessionStore"]
