"""The words of all clients' parts in PostgreSQL: the postings of the embedded index, in tables.

The same terms, numbers and scores as there, so a question is ranked in the same way. A client's words change in the
transaction that changes its documents, under the client's lock.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, CursorResult, TextClause, text
from typing_extensions import override

from app.common.ids import ClientId
from app.common.postgres.database import PostgresDatabase
from app.services.library.stores import WordSearch
from app.services.words.analysis import language_of, question_words, terms
from app.services.words.bm25 import score_words
from app.services.words.contents import Change, Contents, Document, with_norms
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
from app.services.words.store import ContentsCache, WordView

TABLES = ("word_states", "word_documents", "word_blocks", "word_postings")
_CACHED_BYTES = 64 << 20

_TOUCH = text(
    "INSERT INTO word_states AS known (client_id, born, change) VALUES (:client, :born, 0) "
    "ON CONFLICT (client_id) DO UPDATE SET change = known.change + 1"
)
_STATE = text("SELECT born, change FROM word_states WHERE client_id = :client")
_DOCUMENTS = text(
    "SELECT document_id, first, count AS parts, language FROM word_documents WHERE client_id = :client ORDER BY first"
)
_FACTS = text("SELECT block, facts FROM word_blocks WHERE client_id = :client ORDER BY block")
_LAST = text(
    "SELECT block, length(facts) AS size FROM word_blocks WHERE client_id = :client ORDER BY block DESC LIMIT 1"
)
_POSTINGS = text(
    "SELECT block, term, data FROM word_postings WHERE client_id = :client AND term = ANY(:terms) "
    "AND block = ANY(SELECT block FROM word_blocks WHERE client_id = :client) ORDER BY block"
)
_KNOWN = text(
    "SELECT term, data FROM word_postings WHERE client_id = :client AND block = :block AND term = ANY(:terms)"
)
_OF_BLOCK = text("SELECT term, data FROM word_postings WHERE client_id = :client AND block = :block")
_PUT_POSTINGS = text(
    "INSERT INTO word_postings (client_id, block, term, data) "
    "SELECT :client, :block, added.term, added.data "
    "FROM unnest(CAST(:terms AS text[]), CAST(:rows AS bytea[])) AS added (term, data) "
    "ON CONFLICT (client_id, block, term) DO UPDATE SET data = EXCLUDED.data"
)
_DROP_POSTINGS = text("DELETE FROM word_postings WHERE client_id = :client AND block = :block AND term = ANY(:terms)")
_ADD_FACTS = text(
    "INSERT INTO word_blocks AS known (client_id, block, facts) VALUES (:client, :block, :facts) "
    "ON CONFLICT (client_id, block) DO UPDATE SET facts = known.facts || EXCLUDED.facts"
)
_BLOCK_FACTS = text("SELECT facts FROM word_blocks WHERE client_id = :client AND block = :block")
_SET_FACTS = text("UPDATE word_blocks SET facts = :facts WHERE client_id = :client AND block = :block")
_ADD_DOCUMENT = text("INSERT INTO word_documents VALUES (:client, :document, :first, :count, :language)")
_DOCUMENT = text(
    "SELECT first, count AS parts FROM word_documents WHERE client_id = :client AND document_id = :document"
)
_DROP_DOCUMENT = text(
    "DELETE FROM word_documents WHERE client_id = :client AND document_id = :document RETURNING first, count AS parts"
)
_DROP_CLIENT = tuple(text(f"DELETE FROM {table} WHERE client_id = :client") for table in TABLES)


class ClientWords:
    """One client's words in a transaction under way. Who changes them holds the client's lock."""

    def __init__(self, connection: Connection, client_id: ClientId) -> None:
        self._connection = connection
        self._client = {"client": client_id}

    def add(self, document_id: str, texts: Sequence[str], facts: Facts) -> None:
        """Add a document's parts: the text of each, and its facts except the number of words."""
        language = language_of("\n".join(texts))
        found = [terms(each, language) for each in texts]
        first = self._next()
        placed = facts.copy()
        # A part without a word is still a part: 0 would mean that it was deleted.
        placed["words"] = [min(max(1, length), 0xFFFF) for _, length in found]
        placed["group"] += first
        placed["leaf"] += first
        for block, start, end in blocks(first, len(placed)):
            self._run(_ADD_FACTS, block=block, facts=placed[start:end].tobytes())
        self._write_postings(first, [part for part, _ in found])
        self._run(_ADD_DOCUMENT, document=document_id, first=first, count=len(texts), language=language)
        self._touch()

    def revalue(self, document_id: str, norms: NDArray[np.float32]) -> None:
        """Give the parts of a document other norms, one for each; nothing happens if it has not so many."""
        row = self._run(_DOCUMENT, document=document_id).first()
        if row is None or row.parts != len(norms):
            return
        for block, start, end in blocks(row.first, row.parts):
            data = self._run(_BLOCK_FACTS, block=block).scalar_one()
            facts = with_norms(data, row.first + start - block * BLOCK, norms[start:end])
            self._run(_SET_FACTS, block=block, facts=facts)
        self._touch()

    def delete(self, document_id: str) -> None:
        """Remove a document, if it is there."""
        row = self._run(_DROP_DOCUMENT, document=document_id).first()
        if row is None:
            return
        for block, start, end in blocks(row.first, row.parts):
            self._remove(block, row.first + start - block * BLOCK, row.first + end - block * BLOCK)
        self._touch()

    def delete_all(self) -> None:
        """Remove all words of the client."""
        for statement in _DROP_CLIENT:
            self._run(statement)

    def change(self) -> Change | None:
        """Return which state of the index this is; None when there is none."""
        row = self._run(_STATE).first()
        return None if row is None else (row.born, row.change)

    def contents(self, change: Change) -> Contents:
        """Return the documents, and the facts of all parts by number."""
        rows = self._run(_DOCUMENTS)
        documents = tuple(Document(row.document_id, row.first, row.parts, row.language) for row in rows)
        found = self._run(_FACTS).all()
        facts = np.zeros((found[-1].block + 1) * BLOCK if found else 0, FACTS)
        for row in found:
            placed = np.frombuffer(row.facts, FACTS)
            facts[row.block * BLOCK : row.block * BLOCK + len(placed)] = placed
        return Contents(change, documents, facts)

    def postings(self, wanted: Iterable[str]) -> dict[str, Postings]:
        """Return the postings of those terms that some part has."""
        gathered: dict[str, list[Piece]] = defaultdict(list)
        for row in self._run(_POSTINGS, terms=list(wanted)):
            places, counts = decoded(row.data)
            gathered[row.term].append((places + np.int64(row.block * BLOCK), counts))
        return {term: joined(pieces) for term, pieces in gathered.items()}

    def _next(self) -> int:
        row = self._run(_LAST).first()
        return row.block * BLOCK + row.size // FACTS.itemsize if row else 0

    def _write_postings(self, first: int, parts: Sequence[Sequence[str]]) -> None:
        for block, added in in_blocks(first, parts):
            known = {row.term: row.data for row in self._run(_KNOWN, block=block, terms=list(added))}
            rows = [extended(known.get(term, b""), pairs) for term, pairs in added.items()]
            self._run(_PUT_POSTINGS, block=block, terms=list(added), rows=rows)

    def _remove(self, block: int, start: int, end: int) -> None:
        """Take the parts at the places `start` to `end` out of a block."""
        kept = [(row.term, without(row.data, start, end)) for row in self._run(_OF_BLOCK, block=block)]
        changed = {term: data for term, data in kept if data}
        self._run(_PUT_POSTINGS, block=block, terms=list(changed), rows=list(changed.values()))
        self._run(_DROP_POSTINGS, block=block, terms=[term for term, data in kept if data == b""])
        facts = bytearray(self._run(_BLOCK_FACTS, block=block).scalar_one())
        facts[FACTS.itemsize * start : FACTS.itemsize * end] = bytes(FACTS.itemsize * (end - start))
        self._run(_SET_FACTS, block=block, facts=bytes(facts))

    def _touch(self) -> None:
        self._run(_TOUCH, born=secrets.randbits(62))

    def _run(self, statement: TextClause, **values: object) -> CursorResult[Any]:
        return self._connection.execute(statement, {**self._client, **values})


class PostgresWords(WordSearch):
    """The words of all clients. What it keeps in memory is checked by version at each question."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._db = database
        self._cache = ContentsCache(_CACHED_BYTES)

    @override
    def search(self, client_id: ClientId, question: str) -> WordView | None:
        with self._db.read(client_id) as connection:
            index = ClientWords(connection, client_id)
            change = index.change()
            if change is None:
                return None
            contents = self._cache.get(client_id)
            if contents is None or contents.change != change:
                contents = index.contents(change)
                self._cache.put(client_id, contents)
            words = question_words(question, list(dict.fromkeys(each.language for each in contents.documents)))
            postings = index.postings({form for word in words for form in word.forms})
        return WordView(contents, score_words(words, postings, contents.facts["words"]))

    @override
    def delete_client(self, client_id: ClientId) -> None:
        with self._db.write(client_id) as connection:
            ClientWords(connection, client_id).delete_all()

    @override
    def remove_orphans(self, clients: Iterable[ClientId]) -> int:
        return 0  # a client's words go in the transaction that removes its last document

    @override
    def scrub(self) -> bool:
        self._db.vacuum(*TABLES)
        return True
