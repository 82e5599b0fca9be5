"""One client's parts in one small SQLite file: their words (an inverted index) and where they lie.

Parts are numbered in the order they come; a document's parts follow each other. Numbers are divided into blocks, and
a row of `postings` holds, for one term and one block, the parts' places in the block and how often each has the term.
So adding rewrites rows of the last block only, a question reads one short row for each term and block, and the scores
of *all* parts come out at once: what words find need not be among the nearest vectors.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.common.undo import on_failure
from app.services.words.contents import (
    Change,
    Contents,
    next_number,
    read_change,
    read_contents,
    write_facts,
    write_norms,
)
from app.services.words.gaps import close_gaps
from app.services.words.postings import (
    BLOCK,
    FACTS,
    Facts,
    Piece,
    Postings,
    blocks,
    decoded,
    extended,
    in_blocks,
    joined,
    without,
)

VERSION = 1
"""Raise it when analysis gives other terms: an index of another version is rebuilt from the texts."""

_SOME = 500
_SCHEMA = (
    "CREATE TABLE state (born INTEGER NOT NULL, change INTEGER NOT NULL)",
    "INSERT INTO state VALUES (random(), 0)",
    "CREATE TABLE documents (document TEXT PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL,"
    " language TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE blocks (block INTEGER PRIMARY KEY, facts BLOB NOT NULL)",
    "CREATE TABLE postings (block INTEGER NOT NULL, term TEXT NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (block, term)) WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class NewParts:
    """A document to be added: the terms and the facts of each part, its numbers counted from its first part."""

    document_id: str
    language: str
    terms: Sequence[Sequence[str]]
    facts: Facts


class PartIndex:
    """A connection to the file. Not to be used by two threads at once; several connections may be open."""

    def __init__(self, path: Path, *, create: bool = True, patience: float = 10.0) -> None:
        """Open the file, or make it with `create`. One of another version is emptied: its documents are missing then.

        Whoever is in the way is waited for `patience` seconds, then it is sqlite3.OperationalError, as it is without
        a file.
        """
        name = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        self._db = sqlite3.connect(name, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
        with on_failure(self._db.close):
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            if self._version() != VERSION:
                self._make()

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def add(self, parts: NewParts) -> None:
        """Add a document, all or nothing; one that is there already is replaced."""
        with self._change():
            self._delete(parts.document_id)
            first = next_number(self._db)
            placed = parts.facts.copy()
            placed["group"] += first
            placed["leaf"] += first
            write_facts(self._db, first, placed)
            self._write_postings(first, parts.terms)
            row = (parts.document_id, first, len(parts.terms), parts.language)
            self._db.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", row)

    def revalue(self, document_id: str, norms: NDArray[np.float32]) -> None:
        """Give the parts of a document other norms, one for each; nothing happens if it has not so many."""
        with self._change():
            row = self._db.execute("SELECT first, count FROM documents WHERE document = ?", (document_id,)).fetchone()
            if row is not None and row[1] == len(norms):
                write_norms(self._db, row[0], norms)

    def delete(self, document_id: str) -> bool:
        """Remove a document; whether it was there. Its words are overwritten in the file."""
        with self._change():
            return self._delete(document_id)

    def compact(self) -> None:
        """Rewrite the file without gaps and remains of what was deleted, and empty its write-ahead log.

        Raises sqlite3.OperationalError when that cannot be done now, because somebody reads.
        """
        with self._transaction():
            if close_gaps(self._db):
                self._note_change()
        self._db.execute("VACUUM")
        (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError("a reader holds the log")

    @contextmanager
    def view(self) -> Iterator[None]:
        """Read from one state of the file during the block."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def change(self) -> Change:
        """Return which state of the index this is."""
        return read_change(self._db)

    def contents(self) -> Contents:
        """Return the documents, and the facts of all parts by number."""
        return read_contents(self._db)

    def postings(self, terms: Iterable[str]) -> dict[str, Postings]:
        """Return the postings of those terms that some part has."""
        gathered: dict[str, list[Piece]] = defaultdict(list)
        wanted = list(terms)
        for (block,) in self._db.execute("SELECT block FROM blocks").fetchall():
            for term, data in self._rows(block, wanted):
                places, counts = decoded(data)
                gathered[term].append((places + np.int64(block * BLOCK), counts))
        return {term: joined(pieces) for term, pieces in gathered.items()}

    def _rows(self, block: int, terms: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for start in range(0, len(terms), _SOME):
            some = terms[start : start + _SOME]
            marks = ",".join("?" * len(some))
            query = f"SELECT term, data FROM postings WHERE block = ? AND term IN ({marks})"
            yield from self._db.execute(query, [block, *some])

    def _write_postings(self, first: int, parts: Sequence[Sequence[str]]) -> None:
        for block, added in in_blocks(first, parts):
            known = dict(self._rows(block, list(added)))
            rows = [(block, term, extended(known.get(term, b""), pairs)) for term, pairs in added.items()]
            self._db.executemany("INSERT OR REPLACE INTO postings VALUES (?, ?, ?)", rows)

    def _delete(self, document_id: str) -> bool:
        row = self._db.execute("SELECT first, count FROM documents WHERE document = ?", (document_id,)).fetchone()
        if row is None:
            return False
        first, count = row
        for block, start, end in blocks(first, count):
            self._remove(block, first + start - block * BLOCK, first + end - block * BLOCK)
        self._db.execute("DELETE FROM documents WHERE document = ?", (document_id,))
        return True

    def _remove(self, block: int, start: int, end: int) -> None:
        """Take the parts at the places `start` to `end` out of a block."""
        rows = self._db.execute("SELECT term, data FROM postings WHERE block = ?", (block,)).fetchall()
        kept = [(term, without(data, start, end)) for term, data in rows]
        changed = [(data, block, term) for term, data in kept if data]
        gone = [(block, term) for term, data in kept if data == b""]
        self._db.executemany("UPDATE postings SET data = ? WHERE block = ? AND term = ?", changed)
        self._db.executemany("DELETE FROM postings WHERE block = ? AND term = ?", gone)
        facts = bytearray(self._db.execute("SELECT facts FROM blocks WHERE block = ?", (block,)).fetchone()[0])
        facts[FACTS.itemsize * start : FACTS.itemsize * end] = bytes(FACTS.itemsize * (end - start))
        self._db.execute("UPDATE blocks SET facts = ? WHERE block = ?", (bytes(facts), block))

    def _version(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        return version

    def _make(self) -> None:
        with self._transaction():
            for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self._db.execute(f'DROP TABLE "{name}"')
            for statement in _SCHEMA:
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._transaction():
            yield
            self._note_change()

    def _note_change(self) -> None:
        self._db.execute("UPDATE state SET change = change + 1")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        with on_failure(lambda: self._db.execute("ROLLBACK")):
            yield
        self._db.execute("COMMIT")
