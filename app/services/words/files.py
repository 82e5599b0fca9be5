"""The files of the clients' indexes of words: where they are, how many are open at once, what has to be rewritten."""

import hashlib
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.common.undo import on_failure
from app.services.words.index import PartIndex

logger = logging.getLogger(__name__)

_SUFFIX = ".db"
_WORN = ".worn"
_BEING_COMPACTED = ".compacting"
_FREE_CONNECTIONS = 2


def index_path(root: Path, client_id: ClientId) -> Path:
    """Return where the client's index is below `root`, whether it exists or not.

    Names are hashes: a file system that takes `Acme` and `acme` for one name must not mix two clients.
    """
    name = hashlib.sha256(client_id.encode()).hexdigest()[:32]
    return root / name[:2] / f"{name}{_SUFFIX}"


def orphans(root: Path, clients: Iterable[ClientId]) -> list[Path]:
    """Return the indexes below `root` that belong to none of `clients`, also those of which only a log is left."""
    known = {index_path(root, client_id) for client_id in clients}
    found = {path.with_name(path.name.partition(".")[0] + _SUFFIX) for path in root.glob("*/*")}
    return sorted(found - known)


class _Shelf:
    """The idle connections to one client's file."""

    def __init__(self) -> None:
        self.free: list[PartIndex] = []
        self.closed = False

    def close(self) -> None:
        self.closed = True
        while self.free:
            self.free.pop().close()


class IndexFiles:
    """One file for each client, in folders of at most some hundreds."""

    def __init__(self, root: Path, *, open_files: int, patience: float) -> None:
        """Keep connections to at most `open_files` clients' files below `root`, which is made when it is needed.

        Who waits for another connection to the same file gives up after `patience` seconds: sqlite3.OperationalError.
        """
        self._root = root
        self._limit = open_files
        self._patience = patience
        self._guard = RankedLock(Rank.LEAF)
        self._shelves: OrderedDict[Path, _Shelf] = OrderedDict()

    def path(self, client_id: ClientId) -> Path:
        """Return where the client's index is, whether it exists or not."""
        return index_path(self._root, client_id)

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has an index."""
        return self.path(client_id).exists()

    @contextmanager
    def opened(self, client_id: ClientId) -> Iterator[PartIndex]:
        """Lend a connection to the client's index for the block; an index that is not there is made."""
        with self._lent(client_id, create=True) as index:
            if index is not None:
                yield index

    @contextmanager
    def existing(self, client_id: ClientId) -> Iterator[PartIndex | None]:
        """Lend a connection to the client's index for the block; None when there is no index."""
        with self._lent(client_id, create=False) as index:
            yield index

    @contextmanager
    def _lent(self, client_id: ClientId, *, create: bool) -> Iterator[PartIndex | None]:
        path = self.path(client_id)
        shelf, index = self._take(path)
        if index is None:
            index = self._open(path, create=create)
        if index is None:
            self._forget(path, shelf)
            yield None
            return
        with on_failure(index.close):
            yield index
        self._give_back(shelf, index)

    def _open(self, path: Path, *, create: bool) -> PartIndex | None:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return PartIndex(path, create=create, patience=self._patience)
        except sqlite3.OperationalError:
            # Asked only now: the client may be deleted at any moment, and looking must not make it a new file.
            if create or path.exists():
                raise
            return None

    def remove(self, client_id: ClientId) -> None:
        """Remove the client's index and every trace of it in the folder."""
        self._remove(self.path(client_id))

    def note_worn(self, client_id: ClientId) -> None:
        """Remember across a crash that the file holds remains of what was deleted; called before it is."""
        path = self.path(client_id)
        if path.exists():
            path.with_suffix(_WORN).touch()

    def compact_worn(self) -> None:
        """Rewrite all files that hold remains of what was deleted; a damaged one is removed, to be made again.

        Raises sqlite3.OperationalError while one is being read.
        """
        for mark in list(self._root.glob(f"*/*{_WORN}")):
            # What is deleted from here on makes a new mark; this one goes when the file is rewritten, not before.
            mark.replace(mark.with_suffix(_BEING_COMPACTED))
        for mark in list(self._root.glob(f"*/*{_BEING_COMPACTED}")):
            self._compact(mark.with_suffix(_SUFFIX))
            mark.unlink(missing_ok=True)

    def remove_orphans(self, clients: Iterable[ClientId]) -> int:
        """Remove the indexes of all others than `clients`; return how many."""
        found = orphans(self._root, clients)
        for path in found:
            self._remove(path)
        return len(found)

    def open_count(self) -> int:
        """Return how many clients' files are kept open."""
        return len(self._shelves)

    def close(self) -> None:
        """Close all idle connections; those in use are closed when they come back."""
        with self._guard:
            shelves = list(self._shelves.values())
            self._shelves.clear()
        for shelf in shelves:
            shelf.close()

    def _compact(self, path: Path) -> None:
        try:
            with closing(PartIndex(path, create=False, patience=self._patience)) as index:
                index.compact()
        except sqlite3.OperationalError:
            if path.exists():
                raise
        except sqlite3.DatabaseError as exc:
            logger.error("damaged index of words removed", extra={"error": type(exc).__name__})
            self._remove(path)

    def _remove(self, path: Path) -> None:
        with self._guard:
            shelf = self._shelves.pop(path, None)
        if shelf is not None:
            shelf.close()
        for each in _files_of(path):
            each.unlink(missing_ok=True)

    def _take(self, path: Path) -> tuple[_Shelf, PartIndex | None]:
        oldest: _Shelf | None = None
        with self._guard:
            shelf = self._shelves.setdefault(path, _Shelf())
            self._shelves.move_to_end(path)
            if len(self._shelves) > self._limit:
                oldest = self._shelves.popitem(last=False)[1]
            index = shelf.free.pop() if shelf.free else None
        if oldest is not None:
            oldest.close()
        return shelf, index

    def _forget(self, path: Path, shelf: _Shelf) -> None:
        """Take away the shelf of an index that is not there."""
        with self._guard:
            if self._shelves.get(path) is shelf:
                del self._shelves[path]
        shelf.close()

    def _give_back(self, shelf: _Shelf, index: PartIndex) -> None:
        with self._guard:
            if not shelf.closed and len(shelf.free) < _FREE_CONNECTIONS:
                shelf.free.append(index)
                return
        index.close()


def _files_of(path: Path) -> tuple[Path, ...]:
    """Return an index with all that may lie beside it."""
    marks = (path.with_suffix(suffix) for suffix in (_WORN, _BEING_COMPACTED))
    return path, Path(f"{path}-wal"), Path(f"{path}-shm"), *marks
