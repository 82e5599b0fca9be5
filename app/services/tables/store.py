"""The tables of all clients' documents, as the library sees them."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.common.database_errors import database_errors
from app.common.disk import disk_errors, flush
from app.common.ids import ClientId
from app.common.space import DiskSpace
from app.common.undo import on_failure
from app.services.tables.reading import TableReader, opened
from app.services.tables.types import NewTable
from app.services.tables.writing import write_tables

_SUFFIX = ".db"
_BEING_WRITTEN = ".new"


class TableStore:
    """A folder for each client, in it a file for each document with tables. Safe to use from many threads.

    The caller lets the changes of one client follow each other.
    """

    def __init__(self, root: Path, *, space: DiskSpace | None = None) -> None:
        """Keep the files below `root`, which is made when it is needed, in the room of `space`."""
        self._root = root
        self._space = space or DiskSpace()

    def put(self, client_id: ClientId, document_id: str, tables: Sequence[NewTable]) -> None:
        """Keep a document's tables, durably, all or nothing. Raises InsufficientStorage or Unavailable."""
        if not tables:
            return
        path = self.path(client_id, document_id)
        being_written = path.with_suffix(_BEING_WRITTEN)
        with disk_errors(), database_errors(self._space.looks_full), on_failure(lambda: _remove(being_written)):
            path.parent.mkdir(parents=True, exist_ok=True)
            being_written.unlink(missing_ok=True)
            write_tables(being_written, tables)
            flush(being_written)
            being_written.replace(path)
            flush(path.parent)

    @contextmanager
    def opened(self, client_id: ClientId, document_id: str) -> Iterator[TableReader | None]:
        """Lend the tables of a document for the block; None when none are kept of it. Raises Unavailable on damage."""
        with database_errors(), opened(self.path(client_id, document_id)) as reader:
            yield reader

    def has(self, client_id: ClientId, document_id: str) -> bool:
        """Whether tables of the document are kept."""
        return self.path(client_id, document_id).exists()

    def delete_document(self, client_id: ClientId, document_id: str) -> None:
        """Remove a document's tables, if there are any. Raises Unavailable when the folder cannot be changed."""
        path = self.path(client_id, document_id)
        with disk_errors():
            for each in (path, path.with_suffix(_BEING_WRITTEN)):
                each.unlink(missing_ok=True)

    def delete_client(self, client_id: ClientId) -> None:
        """Remove the tables of all of a client's documents. Raises Unavailable when the folder cannot be changed."""
        with disk_errors(), suppress(FileNotFoundError):
            shutil.rmtree(self._folder(client_id))

    def orphans(self, documents: Iterable[tuple[ClientId, str]]) -> list[Path]:
        """Return the files that belong to none of these documents."""
        found = set(self._root.glob("*/*/*"))
        return sorted(found - {self.path(*document) for document in documents}) if found else []

    def remove_orphans(self, documents: Iterable[tuple[ClientId, str]]) -> int:
        """Remove the files that belong to none of these documents; return how many."""
        found = self.orphans(documents)
        with disk_errors():
            for path in found:
                path.unlink(missing_ok=True)
        return len(found)

    def path(self, client_id: ClientId, document_id: str) -> Path:
        """Return where the tables of a document are, whether there are any or not."""
        return self._folder(client_id) / f"{document_id}{_SUFFIX}"

    def _folder(self, client_id: ClientId) -> Path:
        # Hashes: a file system that takes `Acme` and `acme` for one name must not mix two clients.
        name = hashlib.sha256(client_id.encode()).hexdigest()[:32]
        return self._root / name[:2] / name


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
