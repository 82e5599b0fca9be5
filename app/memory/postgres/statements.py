"""The SQL of sessions that only PostgreSQL needs; the rest is shared with SQLite (`app/memory/queries.py`)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningDelete

from app.memory import queries as q
from app.memory.cache import Key
from app.memory.tables import sessions

BEGIN_SESSION = insert(sessions).on_conflict_do_nothing().returning(sessions.c.message_count, sessions.c.created_at)
REMOVE_EXPIRED = q.REMOVE_ONE.where(sessions.c.expires_at <= bindparam("now"))
LOCK_SESSION = q.SESSION.with_for_update()

FIGURES = select(
    func.count(),
    func.coalesce(func.sum(sessions.c.message_count), 0),
    func.coalesce(func.sum(sessions.c.stored_bytes), 0),
    func.count().filter(sessions.c.expires_at <= bindparam("now")),
)
FIGURES_OF = FIGURES.where(sessions.c.client_id == bindparam("client"))
DISK_BYTES = text("SELECT sum(pg_total_relation_size(name)) FROM unnest(CAST(:tables AS regclass[])) AS name")
STILL_DEAD = text("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = CAST(:table AS regclass)")


def locked(chosen: Select[str, str, int], *, limit: int, skip: bool) -> Select[str, str, int]:
    """Take the rows' locks too; with `skip`, leave those out that another transaction has."""
    return chosen.limit(limit).with_for_update(skip_locked=skip)


def named(keys: Sequence[Key]) -> ReturningDelete[Any]:
    """Delete the sessions named by client and id, with what hangs on them."""
    return q.REMOVE.where(tuple_(sessions.c.client_id, sessions.c.session_id).in_(keys))
