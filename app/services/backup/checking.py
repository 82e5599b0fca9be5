"""Opening a copy as the doctor does, before anybody relies on it."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.common.database_errors import startup_errors
from app.common.errors import StartupError, Unavailable
from app.services.backup.layout import layout, places
from app.services.backup.manifest import BadArchive
from app.services.catalog.store import Catalog
from app.services.upkeep.databases import look_at, troubles
from app.services.upkeep.inspection import Inspection, inspect

_LOGS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Findings:
    """What is in a copy. `rebuilds` are clients whose index is put in order at its first use, `unsound` the others
    with whom something is wrong, as it was when the copy was made.
    """

    clients: int
    documents: int
    rebuilds: int
    unsound: int


def check(folder: Path, *, sessions: bool) -> Findings:
    """Read all databases of the copy whole, and compare what is in them.

    Raises BadArchive when a database is damaged or does not belong to the others, or is of a newer version.
    """
    sources = layout(folder, sessions=sessions)
    found = look_at(places(sources), thorough=True)
    if found.catalog != "whole" or any(troubles(places(sources), found)):
        raise BadArchive("A database in this backup is damaged or missing, so it is of no use; run the doctor.")
    try:
        with startup_errors(), closing(Catalog.open(sources.catalog)) as catalog:
            inspection = inspect(
                catalog,
                sources.chroma,
                words=sources.words,
                tables=sources.tables,
                spool=sources.spool,
                marker=sources.marker,
            )
    except (StartupError, Unavailable):
        raise BadArchive("This backup cannot be opened by this version; use the one that made it, or later.") from None
    finally:
        _remove_logs(folder)
    return _findings(inspection)


def _findings(inspection: Inspection) -> Findings:
    rebuilds = [client for client in inspection.clients if client.index in ("damaged", "missing")]
    lacking = [client for client in inspection.clients if client.incomplete or client.unknown]
    return Findings(
        clients=len(inspection.clients),
        documents=sum(len(client.recorded) for client in inspection.clients),
        rebuilds=len(rebuilds),
        unsound=len(lacking),
    )


def _remove_logs(folder: Path) -> None:
    """Remove what looking at databases leaves beside them. Raises BadArchive when changes are still in a log."""
    for end in _LOGS:
        for log in folder.rglob(f"*{end}"):
            if end != "-shm" and log.stat().st_size:
                raise BadArchive("A database in this backup was not closed; it is of no use.")
            log.unlink()
