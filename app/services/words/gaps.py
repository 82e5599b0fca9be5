"""Closing the gaps that deleted parts leave in the numbers of an index: what is gone must not cost memory or time."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from app.services.words.contents import Contents, next_number, read_contents, write_facts
from app.services.words.postings import BLOCK, Numbers, Piece, decoded, packed

SPARSE_PARTS = 2000
"""An index of at least so many numbers is sparse when more than half of them belong to deleted parts."""


def close_gaps(database: sqlite3.Connection) -> bool:
    """Number the parts of a sparse index again, inside the caller's transaction; whether anything was changed.

    The order stays, so that new numbers are never higher than old ones: a block is written when all that was in it is
    read.
    """
    contents, numbers = read_contents(database), next_number(database)
    if numbers < SPARSE_PARTS or 2 * sum(document.count for document in contents.documents) >= numbers:
        return False
    kept = np.flatnonzero(contents.facts["words"])
    _move_facts(database, contents, kept)
    for block in range(-(-len(kept) // BLOCK)):
        rows = [(block, term, data) for term, data in _gathered(database, block, kept)]
        database.execute("DELETE FROM postings WHERE block = ?", (block,))
        database.executemany("INSERT INTO postings VALUES (?, ?, ?)", rows)
    database.execute("DELETE FROM postings WHERE block >= ?", (-(-len(kept) // BLOCK),))
    return True


def _move_facts(database: sqlite3.Connection, contents: Contents, kept: Numbers) -> None:
    facts = contents.facts[kept].copy()
    database.execute("DELETE FROM blocks")
    first = 0
    for document in contents.documents:
        mine = facts[first : first + document.count]
        mine["group"] -= document.first - first
        mine["leaf"] -= document.first - first
        database.execute("UPDATE documents SET first = ? WHERE document = ?", (first, document.document_id))
        first += document.count
    write_facts(database, 0, facts)


def _gathered(database: sqlite3.Connection, block: int, kept: Numbers) -> Iterator[tuple[str, bytes]]:
    """Yield the postings that a new block gets, from the old blocks in which its parts lie."""
    mine = kept[block * BLOCK : (block + 1) * BLOCK]
    pieces: dict[str, list[Piece]] = defaultdict(list)
    for old in range(int(mine[0]) // BLOCK, int(mine[-1]) // BLOCK + 1):
        place_of = np.full(BLOCK, -1, np.int64)
        here = np.flatnonzero(mine // BLOCK == old)
        place_of[mine[here] % BLOCK] = here
        for term, data in database.execute("SELECT term, data FROM postings WHERE block = ?", (old,)).fetchall():
            places, counts = decoded(data)
            moved = place_of[places]
            stay = moved >= 0
            if stay.any():
                pieces[term].append((moved[stay], counts[stay]))
    for term, parts in pieces.items():
        places, counts = (np.concatenate(each) for each in zip(*parts, strict=True))
        yield term, packed(places, counts)
