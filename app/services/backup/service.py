"""Backups of a running service, one at a time."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app.common.disk import disk_errors, size_of
from app.common.errors import Conflict, StartupError, Unavailable
from app.common.ids import new_id
from app.common.locks import Rank, RankedLock
from app.common.space import DiskSpace
from app.common.undo import on_failure
from app.services.backup.archive import Archive, make
from app.services.backup.checking import check
from app.services.backup.files import Pace
from app.services.backup.layout import Sources
from app.services.backup.manifest import BadArchive, Summary
from app.services.backup.staging import settle, take
from app.services.chroma.sql import MaintenanceFailed

logger = logging.getLogger(__name__)

FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes backups, as they say it, and where on the disk of the data they are put together."""

    version: str
    embedding_model: str
    folder: Path


class BackupService:
    """Makes backups while everybody goes on. `sources` is None where all documents are in PostgreSQL."""

    def __init__(
        self,
        sources: Sources | None,
        maker: Maker,
        *,
        space: DiskSpace,
        uncompacted: Callable[[], AbstractContextManager[object]] = nullcontext,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`uncompacted` keeps the databases from being compacted during a block. What a kill left behind is removed."""
        self._sources = sources
        self._maker = maker
        self._space = space
        self._uncompacted = uncompacted
        self._clock = clock
        self._stopped = Event()
        self._guard = RankedLock(Rank.LEAF)
        self._busy = False
        shutil.rmtree(maker.folder, ignore_errors=True)

    def prepare(self) -> Archive:
        """Copy everything, open the copy to see that it is whole, and return its archive; `finish` removes it. Blocks.

        Raises Conflict while another one is made, and where documents are in PostgreSQL; InsufficientStorage without
        room for the copy; Unavailable when it fails, or the service ends.
        """
        sources = self._require_files()
        self._begin()
        with on_failure(self._forget), disk_errors():
            self._space.require(_needed(sources))
            return self._made(sources)

    def finish(self) -> None:
        """Remove what `prepare` made; the next one can begin."""
        self._forget()

    def close(self) -> None:
        """Give up what is being made. Nothing can be made afterwards."""
        self._stopped.set()

    def _require_files(self) -> Sources:
        if self._sources is None:
            raise Conflict(
                "The documents are in PostgreSQL: back up that database with pg_dump or pgBackRest, and the folders "
                "of DATA_PATH and VECTOR_STORE_PATH with the service stopped.",
                code="kept_in_postgresql",
            )
        return self._sources

    def _begin(self) -> None:
        with self._guard:
            if self._busy:
                raise Conflict("A backup is being made already; try again when it is done.", code="backup_running")
            self._busy = True

    def _forget(self) -> None:
        shutil.rmtree(self._maker.folder, ignore_errors=True)
        with self._guard:
            self._busy = False

    def _made(self, sources: Sources) -> Archive:
        started, folder = time.perf_counter(), self._maker.folder / new_id("backup")
        folder.mkdir(parents=True, mode=0o700)
        made_at = self._clock()
        with _told():
            with self._uncompacted():
                held_ms = take(sources, folder, self._stopped)
            settle(sources, folder, self._stopped)
            findings = check(folder, sessions=sources.sessions is not None)
        summary = Summary(
            version=self._maker.version,
            embedding_model=self._maker.embedding_model,
            made_at=made_at,
            clients=findings.clients,
            documents=findings.documents,
            conversations=sources.sessions is not None,
            held_ms=held_ms,
            indexes_to_rebuild=findings.rebuilds,
            unsound_clients=findings.unsound,
        )
        archive = make(folder, summary, Pace(self._stopped))
        seconds = round(time.perf_counter() - started, 3)
        extra = {"bytes": archive.size_bytes, "seconds": seconds, "held_ms": held_ms, "rebuilds": findings.rebuilds}
        logger.info("backup made", extra=extra)
        return archive


@contextmanager
def _told() -> Iterator[None]:
    """Translate what is wrong with the data itself."""
    try:
        yield
    except (BadArchive, MaintenanceFailed, StartupError) as exc:
        raise Unavailable(
            "The copy of the data is not sound, so there is no backup; stop the service and run its doctor.",
            code="backup_failed",
        ) from exc


def _needed(sources: Sources) -> int:
    """Return how much room a copy takes: files that never change are linked where that is possible."""
    logs = [Path(f"{path}-wal") for path in (sources.catalog, sources.sessions) if path]
    files = [path for path in (sources.catalog, sources.sessions, *logs) if path and path.exists()]
    return size_of(sources.chroma) + sum(path.stat().st_size for path in files)
