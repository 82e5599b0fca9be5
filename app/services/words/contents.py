"""Which documents and parts an index of words holds, read from and written to its file."""

import sqlite3
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.services.words.postings import BLOCK, FACTS, Facts, blocks
from app.services.words.soundness import require_sound

_DOCUMENT_BYTES = 300

Change = tuple[int, int]
"""Names one state of one index: a number drawn when it was made, and how often it was changed since."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's parts are those numbered `first` to `first + count`."""

    document_id: str
    first: int
    count: int
    language: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What an index held at one moment; `documents` are in the order of their numbers."""

    change: Change
    documents: tuple[Document, ...]
    facts: Facts

    @property
    def size_bytes(self) -> int:
        """What this takes in memory, roughly."""
        return self.facts.nbytes + _DOCUMENT_BYTES * len(self.documents)


def read_change(database: sqlite3.Connection) -> Change:
    """Return which state the index is in."""
    born, change = database.execute("SELECT born, change FROM state").fetchone()
    return born, change


def read_contents(database: sqlite3.Connection) -> Contents:
    """Return the documents, and the facts of all parts by number. Raises ValueError when they are damaged."""
    rows = database.execute("SELECT document, first, count, language FROM documents ORDER BY first")
    documents = tuple(Document(*row) for row in rows)
    found = database.execute("SELECT block, facts FROM blocks ORDER BY block").fetchall()
    facts = np.zeros((found[-1][0] + 1) * BLOCK if found else 0, FACTS)
    for block, data in found:
        facts[block * BLOCK : block * BLOCK + len(data) // FACTS.itemsize] = np.frombuffer(data, FACTS)
    require_sound([(each.first, each.count) for each in documents], facts)
    return Contents(read_change(database), documents, facts)


def next_number(database: sqlite3.Connection) -> int:
    """Return the number that the next part will have."""
    row = database.execute("SELECT block, length(facts) FROM blocks ORDER BY block DESC LIMIT 1").fetchone()
    return int(row[0]) * BLOCK + int(row[1]) // FACTS.itemsize if row else 0


def write_facts(database: sqlite3.Connection, first: int, facts: Facts) -> None:
    """Append the facts of the parts from number `first` on."""
    for block, start, end in blocks(first, len(facts)):
        database.execute(
            "INSERT INTO blocks VALUES (?1, ?2) ON CONFLICT DO UPDATE SET facts = CAST(facts || ?2 AS BLOB)",
            (block, facts[start:end].tobytes()),
        )


def write_norms(database: sqlite3.Connection, first: int, norms: NDArray[np.float32]) -> None:
    """Change the norms of the parts from number `first` on."""
    for block, start, end in blocks(first, len(norms)):
        (data,) = database.execute("SELECT facts FROM blocks WHERE block = ?", (block,)).fetchone()
        changed = with_norms(data, first + start - block * BLOCK, norms[start:end])
        database.execute("UPDATE blocks SET facts = ? WHERE block = ?", (changed, block))


def with_norms(block: bytes, place: int, norms: NDArray[np.float32]) -> bytes:
    """Return the facts of a block, in which the parts from `place` on have other norms."""
    facts = np.frombuffer(block, FACTS).copy()
    facts["norm"][place : place + len(norms)] = norms
    return facts.tobytes()
