"""Work that waits for the one writer of a database, to be committed together with other work."""

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

T = TypeVar("T")


class Job(Generic[T]):
    """Work that one thread hands in and perhaps another one does."""

    def __init__(self, work: Callable[[Connection], T], then: Callable[[T], None] | None) -> None:
        self._work = work
        self._then = then
        self._results: list[T] = []
        self.error: Exception | None = None
        self.finished = False

    def do(self, connection: Connection) -> None:
        """Do the work."""
        self._results.append(self._work(connection))

    def attempt(self, connection: Connection) -> None:
        """Do the work, or undo it alone and keep the error."""
        try:
            with connection.begin_nested():
                self.do(connection)
        except OperationalError:
            # Trouble of the whole database, after which SQLite may have rolled back everything by itself.
            raise
        except Exception as exc:  # noqa: BLE001 - raised again in the thread that handed the work in
            self.error = exc

    def finish(self) -> None:
        """Let the thread that handed the work in go on, after the callback if all went well."""
        self.finished = True
        if self.error is None and self._then is not None:
            try:
                self._then(self._results[0])
            except Exception as exc:  # noqa: BLE001 - as above; the jobs after this one must still be finished
                self.error = exc

    def outcome(self) -> T:
        """Return the result, or raise what the work raised."""
        if self.error is not None:
            raise self.error
        return self._results[0]
