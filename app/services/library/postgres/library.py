"""The clients' documents in PostgreSQL, for any number of processes.

A document's record, parts, vectors and words are written in one transaction, and those of what it replaces are removed
in the same: nobody ever sees a half of it, and a crash leaves nothing to finish.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, text
from typing_extensions import override

from app.common.absent import no_such_document
from app.common.ids import ClientId
from app.common.labels import Labels
from app.common.lives import Standing, deleted_meanwhile
from app.common.passages import embedded_text
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.lives import SharedLives
from app.common.vectors import OtherModel
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.library.facts import facts_of
from app.services.library.labelling import inherited, noting
from app.services.library.postgres.models import PostgresModels
from app.services.library.postgres.successors import Successors, revalue
from app.services.library.postgres.tables import LIVES, OneTransaction
from app.services.library.postgres.vectors import ClientVectors
from app.services.library.postgres.words import ClientWords
from app.services.library.room import require_room, superseded
from app.services.library.types import ClientLimits, Embed, Library, NewDocument, Succession

# A large document takes its time, and so does who waits for the client's turn.
_PATIENCE = text("SET LOCAL lock_timeout = '5min'; SET LOCAL statement_timeout = '5min'")
_PATIENCE_WHILE_EMBEDDING = text("SET LOCAL idle_in_transaction_session_timeout = '5min'")
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('library ' || :client, 0))")


class _Change:
    """One change of a client's documents: all stores of it in one transaction."""

    def __init__(self, connection: Connection, client_id: ClientId, catalog: Catalog, model: str) -> None:
        self._client_id = client_id
        self.connection = connection
        self.catalog = catalog
        self.vectors = ClientVectors(connection, client_id, model)
        self.words = ClientWords(connection, client_id)

    def write(self, document: NewDocument, replaced: Sequence[str]) -> None:
        """Write the document and remove those it replaces."""
        record = document.record
        self.catalog.begin_document(record, document.chunks)
        self.vectors.add(document.parts, document.vectors, document.model)
        facts = facts_of(document.parts, document.vectors, chunk_size=record.chunk_size)
        self.words.add(record.document_id, [embedded_text(part) for part in document.parts], facts)
        self.catalog.finish_document(self._client_id, record.document_id, replaces=replaced)
        for old in replaced:
            self._erase(old)

    def remove(self, document_id: str) -> None:
        """Remove a document, and what is left of its client when it was the last one."""
        self.catalog.begin_delete(self._client_id, document_id)
        self._erase(document_id)
        known = self.catalog.client(self._client_id)
        if known is None or known.document_count == 0:
            self.words.delete_all()
            self.vectors.forget_model()

    def remove_all(self) -> int:
        """Remove all documents and return how many there were."""
        count = self.catalog.begin_delete_all(self._client_id)
        self.words.delete_all()
        self.vectors.delete_all()
        self.catalog.drop_deleted(self._client_id)
        return count

    def _erase(self, document_id: str) -> None:
        self.words.delete(document_id)
        self.vectors.delete_document(document_id)
        self.catalog.drop_document(self._client_id, document_id)


class PostgresLibrary(Library):
    """The library of any number of processes: an advisory lock lets the changes of a client follow each other."""

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        catalog: Catalog,
        compactor: Compactor,
        models: PostgresModels,
        limits: ClientLimits | None = None,
        clock: Callable[[], float],
    ) -> None:
        self._db = database
        self._lives = SharedLives(LIVES, deleted_meanwhile)
        self._catalog = catalog
        self._compactor = compactor
        self._models = models
        self._limits = limits or ClientLimits()
        self._clock = clock

    @contextmanager
    def _changing(self, client_id: ClientId, standing: Standing | None = None) -> Iterator[_Change]:
        """Wait for the client's turn and change its documents for the block; raises what `require_standing` raises."""
        with self._db.write(client_id) as connection:
            connection.execute(_PATIENCE)
            connection.execute(_TURN, {"client": client_id})
            if standing is not None:
                self._lives.require(connection, client_id, standing)
            catalog = Catalog(OneTransaction(connection), clock=self._clock)
            yield _Change(connection, client_id, catalog, self._models.current)

    @override
    def require_standing(self, client_id: ClientId, standing: Standing) -> None:
        with self._db.read(client_id) as connection:
            self._lives.require(connection, client_id, standing, until_commit=False)

    @override
    def require_room(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        self.require_standing(client_id, succession.standing)
        outdated = superseded(self._catalog, client_id, succession)
        require_room(self._catalog, self._limits, client_id, outdated, new_chunks)

    @override
    def put(self, document: NewDocument, succession: Succession, *, last_chance: Callable[[], None]) -> tuple[str, ...]:
        client_id = document.record.client_id
        with self._changing(client_id, succession.standing) as change:
            last_chance()
            outdated = superseded(change.catalog, client_id, succession)
            require_room(change.catalog, self._limits, client_id, outdated, document.record.chunk_count)
            if outdated:
                self._compactor.note()
            labels = document.given.over(inherited(outdated, succession))
            replaced = tuple(old.document_id for old in outdated)
            self._write(change, replace(document, record=replace(document.record, labels=labels)), replaced)
            last_chance()
            succession.standing.require()
        self._request(replaced)
        return replaced

    def _write(self, change: _Change, document: NewDocument, replaced: Sequence[str]) -> None:
        try:
            change.write(document, replaced)
        except OtherModel as exc:
            self._models.note(document.record.client_id, exc.model)
            raise

    @override
    def model(self, client_id: ClientId) -> str:
        return self._models.of_client(client_id)

    @override
    def outdated(self) -> Mapping[ClientId, str]:
        return self._models.outdated()

    @override
    def reembed(self, client_id: ClientId, embed: Embed) -> None:
        successors = Successors(
            client_id,
            self._models.current,
            reading=lambda: self._db.read(client_id),
            changing=lambda: self._connected(client_id),
        )
        successors.grow(embed)
        with self._changing(client_id) as change:
            change.connection.execute(_PATIENCE_WHILE_EMBEDDING)
            successors.succeed(change.connection, embed)
            revalue(change.connection, client_id, change.catalog)
        self._models.note(client_id, self._models.current)

    @contextmanager
    def _connected(self, client_id: ClientId) -> Iterator[Connection]:
        with self._changing(client_id) as change:
            yield change.connection

    @override
    def keep(self, client_id: ClientId, succession: Succession, *, document_id: str) -> tuple[str, ...]:
        with self._changing(client_id, succession.standing) as change:
            found = (old.document_id for old in superseded(change.catalog, client_id, succession))
            outdated = tuple(old for old in found if old != document_id)
            if outdated:
                self._compactor.note()
            for old in outdated:
                change.remove(old)
        self._request(outdated)
        return outdated

    def _request(self, removed: Sequence[str]) -> None:
        if removed:
            self._compactor.request()

    @override
    def relabel(self, client_id: ClientId, document_id: str, change: Callable[[Labels], Labels]) -> DocumentRecord:
        with self._changing(client_id) as changing:
            changing.catalog.labels.change(client_id, document_id, noting(change, self._compactor.note))
            record = changing.catalog.document(client_id, document_id)
        if record is None:
            raise no_such_document()
        if self._compactor.due:
            self._compactor.request()
        return record

    @override
    def remove(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        with self._changing(client_id) as change:
            record = change.catalog.any_document(client_id, document_id)
            if record is None:
                raise no_such_document()
            self._compactor.note()
            change.remove(document_id)
        self._compactor.request()
        return record

    @override
    def remove_all(self, client_id: ClientId, *, forget_client: bool = False) -> int:
        self._compactor.note()
        with self._changing(client_id) as change:
            self._lives.end(change.connection, client_id, now=self._clock())
            count = change.remove_all()
            if forget_client:
                change.catalog.forget_client(client_id)
        return count

    @override
    def resume(self) -> int:
        return 0  # a transaction is whole or was never there

    @override
    def unresumed(self) -> Sequence[ClientId]:
        return ()

    @override
    def resume_client(self, client_id: ClientId) -> None:
        """Have nothing to do: see `resume`."""

    @override
    def note_stale(self, client_id: ClientId) -> None:
        """Have nothing to remember: words and vectors never differ but between two readings of a question."""
