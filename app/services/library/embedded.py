"""The clients' documents on one machine: the catalog in SQLite is the journal of the vectors in Chroma.

A document is `indexing` in the catalog before its first chunk is written and `ready` when all are there; it is
`deleting` before its first chunk goes. So the catalog knows at each moment what a crash can have left unfinished.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from app.common.absent import no_such_document
from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.labels import Labels
from app.common.lives import Lives, Standing, deleted_meanwhile
from app.common.locks import KeyedLocks, Rank
from app.common.undo import on_failure
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.library.indexing import WordIndexing
from app.services.library.labelling import inherited, noting
from app.services.library.removal import Removal
from app.services.library.room import require_room, superseded
from app.services.library.types import ClientLimits, Embed, Library, NewDocument, Succession
from app.services.tables import TableStore
from app.services.vector_store import VectorStoreService
from app.services.words.store import WordStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept of documents beside their texts and vectors."""

    words: WordStore
    tables: TableStore


class EmbeddedLibrary(Library):
    """The library of one process. It alone takes a client's lock, while it changes the client's documents."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStoreService,
        beside: Beside,
        compactor: Compactor,
        limits: ClientLimits | None = None,
        lives: Lives | None = None,
    ) -> None:
        """`lives` are those of the clients' documents, which end here when all of them are removed."""
        self._catalog = catalog
        self._store = store
        self._words = WordIndexing(catalog=catalog, store=store, words=beside.words)
        self._tables = beside.tables
        self._compactor = compactor
        self._limits = limits or ClientLimits()
        self._locks = KeyedLocks(Rank.CLIENT)
        self._lives = lives or Lives(deleted_meanwhile)
        self._removal = Removal(
            catalog=catalog, store=store, words=self._words, tables=beside.tables, space=store.space
        )

    @override
    def require_standing(self, client_id: ClientId, standing: Standing) -> None:
        self._lives.require(client_id, standing)

    @override
    def require_room(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        self._lives.require(client_id, succession.standing)
        outdated = superseded(self._catalog, client_id, succession)
        require_room(self._catalog, self._limits, client_id, outdated, new_chunks)
        self._store.require_room(new_chunks)

    @override
    def put(self, document: NewDocument, succession: Succession, *, last_chance: Callable[[], None]) -> tuple[str, ...]:
        client_id = document.record.client_id

        def still_wanted() -> None:
            last_chance()
            self._lives.require(client_id, succession.standing)

        with self._locks.hold(client_id):
            still_wanted()
            outdated = superseded(self._catalog, client_id, succession)
            require_room(self._catalog, self._limits, client_id, outdated, document.record.chunk_count)
            replaced = tuple(old.document_id for old in outdated)
            if outdated:
                self._compactor.note()
            labels = document.given.over(inherited(outdated, succession))
            labelled = replace(document, record=replace(document.record, labels=labels))
            self._write(labelled, replaced, still_wanted)
            self._remove_marked(client_id, replaced)
        return replaced

    @override
    def model(self, client_id: ClientId) -> str:
        return self._store.models.of_client(client_id)

    @override
    def outdated(self) -> Mapping[ClientId, str]:
        return self._store.models.outdated()

    @override
    def reembed(self, client_id: ClientId, embed: Embed) -> None:
        successors = self._store.successors
        with on_failure(lambda: successors.abandon(client_id)):
            successors.grow(client_id, embed)
            with self._locks.hold(client_id):
                successors.complete(client_id, embed)
                # Before the vectors: if the process ends in between, the next run does both again.
                self._words.revalue(client_id, successors.vectors)
                successors.succeed(client_id)

    @override
    def keep(self, client_id: ClientId, succession: Succession, *, document_id: str) -> tuple[str, ...]:
        with self._locks.hold(client_id):
            self._lives.require(client_id, succession.standing)
            found = (old.document_id for old in superseded(self._catalog, client_id, succession))
            outdated = tuple(old for old in found if old != document_id)
            if outdated:
                self._compactor.note()
            for old in outdated:
                self._catalog.begin_delete(client_id, old)
            self._remove_marked(client_id, outdated)
        return outdated

    @override
    def relabel(self, client_id: ClientId, document_id: str, change: Callable[[Labels], Labels]) -> DocumentRecord:
        # With the client's lock, or a document that is being replaced would pass on what it had before.
        with self._locks.hold(client_id):
            self._catalog.labels.change(client_id, document_id, noting(change, self._compactor.note))
            record = self._catalog.document(client_id, document_id)
        if record is None:
            raise no_such_document()
        if self._compactor.due:
            self._compactor.request()
        return record

    @override
    def remove(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        with self._locks.hold(client_id):
            record = self._catalog.any_document(client_id, document_id)
            if record is None or record.status == "indexing":
                raise no_such_document()
            self._compactor.note()
            with self._removal.under_way(client_id):
                self._catalog.begin_delete(client_id, document_id)
                self._removal.erase(client_id, document_id)
        self._compactor.request()
        return record

    @override
    def remove_all(self, client_id: ClientId, *, forget_client: bool = False) -> int:
        self._compactor.note()
        with self._locks.hold(client_id), self._removal.under_way(client_id):
            self._lives.end(client_id)
            count = self._catalog.begin_delete_all(client_id)
            self._words.forget_client(client_id)
            self._tables.delete_client(client_id)
            self._store.delete_collection(client_id)
            self._catalog.drop_deleted(client_id)
            if forget_client:
                self._catalog.forget_client(client_id)
        return count

    @override
    def resume(self) -> int:
        unfinished = self._catalog.unfinished()
        left = sum(not self._removal.taken_back(record) for record in unfinished)
        if unfinished:
            logger.warning("unfinished documents removed", extra={"documents": len(unfinished) - left, "left": left})
        return left

    @override
    def unresumed(self) -> Sequence[ClientId]:
        return list(dict.fromkeys((*self._removal.unresumed(), *self._words.stale())))

    @override
    def resume_client(self, client_id: ClientId) -> None:
        with self._locks.hold(client_id):
            removed = self._removal.resume(client_id)
            self._words.mend_stale(client_id)
        if removed:
            self._compactor.request()

    @override
    def note_stale(self, client_id: ClientId) -> None:
        self._words.note_stale(client_id)

    def _write(self, document: NewDocument, replaced: Sequence[str], still_wanted: Callable[[], None]) -> None:
        """Journal, vectors and tables, acknowledgement: all of it, or nothing of the document is left."""
        record = document.record
        self._catalog.begin_document(record, document.chunks)
        with on_failure(lambda: self._removal.taken_back(record)):
            self._store.add(record.client_id, document.parts, document.vectors, model=document.model)
            self._words.add(record, document.parts, document.vectors)
            self._tables.put(record.client_id, record.document_id, document.tables)
            still_wanted()
            self._catalog.finish_document(record.client_id, record.document_id, replaces=replaced)

    def _remove_marked(self, client_id: ClientId, outdated: Sequence[str]) -> None:
        """Remove documents that are marked for it. What cannot be removed is hidden, and goes later."""
        if not outdated:
            return
        try:
            self._removal.erase(client_id, *outdated)
        except AppError as exc:
            logger.warning("replaced documents are removed later", extra={"code": exc.code})
        self._compactor.request()
