"""The spooled files of jobs: those that wait, and those of finished jobs that are kept for another try."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from app.common.ids import ClientId
from app.common.sql import SqlDatabase
from app.services.catalog.schema import job_files, jobs
from app.services.jobs.records import NOT_KEPT

_NAMES = 500
"""How many names go into one statement."""


class KeptFiles:
    """Which spooled files jobs still need. Safe to call from any thread."""

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database

    def names(self, client_id: ClientId | None = None) -> list[str]:
        """Return the names of the spooled files that are kept, of the client or all."""
        query = select(job_files.c.upload).join(jobs).where(job_files.c.upload.is_not(None))
        if client_id is not None:
            query = query.where(jobs.c.client_id == client_id)
        with self._db.read(client_id) as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def size_bytes(self, client_id: ClientId, *, unfinished: bool = False) -> int:
        """Return the size of the client's spooled files: of those that wait, and of those kept for another try.

        With `unfinished`, of the jobs alone that are not finished.
        """
        query = _kept(client_id, func.coalesce(func.sum(job_files.c.size_bytes), 0))
        if unfinished:
            query = query.where(jobs.c.finished_at.is_(None))
        with self._db.read(client_id) as connection:
            return int(connection.execute(query).scalar_one())

    def make_room(self, client_id: ClientId, *, needed: int) -> list[str]:
        """Give up files that are kept for another try, the oldest first, until `needed` bytes are free.

        Returns the names of their spooled files; they may be less than needed.
        """
        kept = _kept(client_id, job_files.c.upload, job_files.c.size_bytes)
        kept = kept.where(jobs.c.finished_at.is_not(None)).order_by(jobs.c.finished_at, job_files.c.position)
        names: list[str] = []
        with self._db.write(client_id, removing=True) as connection:
            for name, size in connection.execute(kept).all():
                if needed <= 0:
                    break
                names.append(str(name))
                needed -= size
            forget(connection, names)
        return names

    def forget_all(self, client_id: ClientId) -> None:
        """Note that no spooled file of the client is kept any more."""
        mine = select(jobs.c.job_id).where(jobs.c.client_id == client_id)
        with self._db.write(client_id, removing=True) as connection:
            connection.execute(update(job_files).where(job_files.c.job_id.in_(mine)).values(NOT_KEPT))


def forget(connection: Connection, names: Sequence[str]) -> None:
    """Note that these spooled files are not kept any more."""
    for start in range(0, len(names), _NAMES):
        some = job_files.c.upload.in_(names[start : start + _NAMES])
        connection.execute(update(job_files).where(some).values(NOT_KEPT))


def _kept(client_id: ClientId, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Select from the client's spooled files."""
    mine = job_files.join(jobs)
    return select(*columns).select_from(mine).where(jobs.c.client_id == client_id, job_files.c.upload.is_not(None))
