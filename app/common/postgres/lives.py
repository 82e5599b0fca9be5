"""When clients' lives ended last, for any number of processes: by the clock of the database."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, text

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.lives import Standing

ARE_KEPT = 7 * 24 * 3600.0
"""Seconds for which the end of a client's life is remembered: longer than any question or file takes."""

_LOOKS = 5


class SharedLives:
    """The ends of lives in a table (client_id, ended in microseconds, ended_at in seconds). See `common.lives.Lives`.

    Those who write hold the client's life together until their commit, whoever ends it holds it alone: what is written
    before the end is there to be removed, and what comes after it is refused.
    """

    def __init__(self, table: str, too_late: Callable[[], AppError]) -> None:
        """`too_late` is the error of what comes after the end."""
        self._too_late = too_late
        lock = f"hashtextextended('{table} ' || :client, 0)"
        now = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
        self._share = text(f"SELECT pg_advisory_xact_lock_shared({lock})")
        self._hold = text(f"SELECT pg_advisory_xact_lock({lock})")
        self._age = text(f"SELECT {now} - ended FROM {table} WHERE client_id = :client")
        self._end = text(
            f"INSERT INTO {table} (client_id, ended, ended_at) VALUES (:client, {now}, :now) "
            "ON CONFLICT (client_id) DO UPDATE SET ended = EXCLUDED.ended, ended_at = EXCLUDED.ended_at"
        )
        self._forget = text(f"DELETE FROM {table} WHERE ended_at < :before")

    def end(self, connection: Connection, client_id: ClientId, *, now: float) -> None:
        """End the client's present life, at `now` in seconds since 1970; after those who are writing."""
        connection.execute(self._hold, {"client": client_id})
        connection.execute(self._end, {"client": client_id, "now": now})

    def require(
        self, connection: Connection, client_id: ClientId, standing: Standing, *, until_commit: bool = True
    ) -> None:
        """Raise when the client's life has ended since the work began, or its sender may no longer write.

        That it has not ended holds until the end of the transaction, unless that is not asked for: then nobody waits.
        """
        standing.require()
        if until_commit:
            connection.execute(self._share, {"client": client_id})
        if self._is_over(connection, client_id, standing):
            raise self._too_late()

    def forget(self, connection: Connection, *, now: float) -> None:
        """Forget ends that no work can be older than."""
        connection.execute(self._forget, {"before": now - ARE_KEPT})

    def _is_over(self, connection: Connection, client_id: ClientId, standing: Standing) -> bool:
        """Compare how long ago the end and the beginning were: the clocks of several machines differ.

        The database is asked between two looks at this machine's clock. Only when the end was just as long ago as the
        beginning can that leave a doubt, and asking again settles it, nearly always.
        """
        for _ in range(_LOOKS):
            at_least = _microseconds_since(standing)
            age: int | None = connection.execute(self._age, {"client": client_id}).scalar()
            if age is None or age > _microseconds_since(standing):
                return False
            if age <= at_least:
                return True
        return True  # rather too early than too late


def _microseconds_since(standing: Standing) -> float:
    return (time.perf_counter() - standing.since) * 1_000_000
