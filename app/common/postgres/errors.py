"""What PostgreSQL's errors mean to a caller and to the operator who starts the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.common.errors import StartupError, Unavailable, disk_full

RETRY_SECONDS = 5

_DISK_FULL = "53100"


@contextmanager
def postgres_errors() -> Iterator[None]:
    """Translate trouble with the server itself into Unavailable, and into InsufficientStorage when its disk is full.

    That is: out of reach, restarting, out of connections, read-only, a lock or a statement that took too
    long, a deadlock.
    """
    try:
        yield
    except NoConnectionFree as exc:
        raise Unavailable(
            "All connections to the database are in use: try again shortly.",
            code="database_busy",
            retry_after=RETRY_SECONDS,
        ) from exc
    except (OperationalError, InterfaceError, InternalError) as exc:
        if getattr(exc.orig, "sqlstate", None) == _DISK_FULL:
            raise disk_full() from exc
        raise Unavailable(
            "The database cannot be reached or is busy: try again shortly.", retry_after=RETRY_SECONDS
        ) from exc


@contextmanager
def starting_errors() -> Iterator[None]:
    """Translate trouble at the start into a sentence for the operator, without the address."""
    try:
        yield
    except Unavailable as exc:
        raise StartupError(
            "The database of DATABASE_URL does not answer: check that it runs and that its name, user and password "
            "are right."
        ) from exc
    except DBAPIError as exc:
        raise StartupError(
            "The database of DATABASE_URL cannot be set up: its role must own the database, and a superuser must "
            "have made the extension vector in it (CREATE EXTENSION vector)."
        ) from exc
