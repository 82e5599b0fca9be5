"""The files of the clients' indexes of words: where they are, how many are open at once, what has to be rewritten."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.services.words.index import PartIndex

_SUFFIX = ".db"
_WORN = ".worn"
_FREE_CONNECTIONS = 2


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
    """One file for each client, in folders of at most some hundreds.

    Names are hashes: a file system that takes `Acme` and `acme` for one name must not mix two clients.
    """

    def __init__(self, root: Path, *, open_files: int) -> None:
        """Keep connections to at most `open_files` clients' files below `root`, which is made when it is needed."""
        self._root = root
        self._limit = open_files
        self._guard = RankedLock(Rank.LEAF)
        self._shelves: OrderedDict[Path, _Shelf] = OrderedDict()

    def path(self, client_id: ClientId) -> Path:
        """Return where the client's index is, whether it exists or not."""
        name = hashlib.sha256(client_id.encode()).hexdigest()[:32]
        return self._root / name[:2] / f"{name}{_SUFFIX}"

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has an index."""
        return self.path(client_id).exists()

    @contextmanager
    def opened(self, client_id: ClientId) -> Iterator[PartIndex]:
        """Lend a connection to the client's index for the block; an index that is not there is made."""
        path = self.path(client_id)
        shelf, index = self._take(path)
        if index is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            index = PartIndex(path)
        try:
            yield index
        except BaseException:
            index.close()
            raise
        self._give_back(shelf, index)

    def remove(self, client_id: ClientId) -> None:
        """Remove the client's index and every trace of it in the folder."""
        path = self.path(client_id)
        with self._guard:
            shelf = self._shelves.pop(path, None)
        if shelf is not None:
            shelf.close()
        _unlink(path)

    def note_worn(self, client_id: ClientId) -> None:
        """Remember across a crash that the file holds remains of what was deleted; called before it is."""
        path = self.path(client_id)
        if path.exists():
            path.with_suffix(_WORN).touch()

    def compact_worn(self) -> None:
        """Rewrite all files that hold remains of what was deleted. Raises sqlite3.Error while one is being read."""
        for mark in self._root.glob(f"*/*{_WORN}"):
            path = mark.with_suffix(_SUFFIX)
            # The mark goes first: what is deleted from here on makes a new one.
            mark.unlink(missing_ok=True)
            if path.exists():
                try:
                    with closing(PartIndex(path)) as index:
                        index.compact()
                except BaseException:
                    mark.touch()
                    raise

    def remove_orphans(self, clients: Iterable[ClientId]) -> int:
        """Remove the files of all others than `clients`; return how many."""
        known = {self.path(client_id) for client_id in clients}
        orphans = [path for path in self._root.glob(f"*/*{_SUFFIX}") if path not in known]
        for path in orphans:
            _unlink(path)
        return len(orphans)

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

    def _give_back(self, shelf: _Shelf, index: PartIndex) -> None:
        with self._guard:
            if not shelf.closed and len(shelf.free) < _FREE_CONNECTIONS:
                shelf.free.append(index)
                return
        index.close()


def _unlink(path: Path) -> None:
    """Remove an index with all that lies beside it."""
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), path.with_suffix(_WORN)):
        each.unlink(missing_ok=True)
