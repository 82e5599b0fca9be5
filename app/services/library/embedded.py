"""The clients' documents on one machine: the catalog in SQLite is the journal of the vectors in Chroma.

A document is `indexing` in the catalog before its first chunk is written and `ready` when all are there; it is
`deleting` before its first chunk goes. So the catalog knows at each moment what a crash can have left unfinished.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from typing_extensions import override

from app.common.absent import no_such_document
from app.common.errors import AppError, LimitReached
from app.common.ids import ClientId
from app.common.labels import Labels
from app.common.lives import Lives
from app.common.locks import KeyedLocks, Rank
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.library.indexing import WordIndexing
from app.services.library.labelling import inherited, noting
from app.services.library.types import ClientLimits, Library, NewDocument, Succession, deleted_meanwhile
from app.services.vector_store import VectorStoreService
from app.services.words.store import WordStore

logger = logging.getLogger(__name__)


class EmbeddedLibrary(Library):
    """The library of one process. It alone takes a client's lock, while it changes the client's documents."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStoreService,
        words: WordStore,
        compactor: Compactor,
        limits: ClientLimits | None = None,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._words = WordIndexing(catalog=catalog, store=store, words=words)
        self._compactor = compactor
        self._limits = limits or ClientLimits()
        self._locks = KeyedLocks(Rank.CLIENT)
        self._lives = Lives()
        self._unresumed: dict[ClientId, list[DocumentRecord]] = {}

    @override
    def life(self, client_id: ClientId) -> int:
        return self._lives.present(client_id)

    @override
    def require_room(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        self._require_room(client_id, self._superseded(client_id, succession), new_chunks)

    @override
    def put(self, document: NewDocument, succession: Succession, *, last_chance: Callable[[], None]) -> tuple[str, ...]:
        client_id = document.record.client_id
        with self._locks.hold(client_id):
            last_chance()
            if self._lives.is_over(client_id, succession.life):
                raise deleted_meanwhile()
            outdated = self._superseded(client_id, succession)
            self._require_room(client_id, outdated, document.record.chunk_count)
            replaced = tuple(old.document_id for old in outdated)
            if outdated:
                self._compactor.note()
            labels = document.given.over(inherited(outdated, succession))
            self._write(replace(document, record=replace(document.record, labels=labels)), replaced)
            self._remove_marked(client_id, replaced)
        return replaced

    @override
    def keep(self, client_id: ClientId, succession: Succession, *, document_id: str) -> tuple[str, ...]:
        with self._locks.hold(client_id):
            found = (old.document_id for old in self._superseded(client_id, succession))
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
            self._catalog.begin_delete(client_id, document_id)
            self._erase(client_id, document_id)
        self._compactor.request()
        return record

    @override
    def remove_all(self, client_id: ClientId, *, forget_client: bool = False) -> int:
        self._compactor.note()
        with self._locks.hold(client_id):
            self._lives.end(client_id)
            count = self._catalog.begin_delete_all(client_id)
            self._words.forget_client(client_id)
            self._store.delete_collection(client_id)
            self._catalog.drop_deleted(client_id)
            if forget_client:
                self._catalog.forget_client(client_id)
        return count

    @override
    def resume(self) -> int:
        unfinished = self._catalog.unfinished()
        for record in unfinished:
            if not self._resumed(record):
                self._unresumed.setdefault(record.client_id, []).append(record)
        left = sum(map(len, self._unresumed.values()))
        if unfinished:
            logger.warning("unfinished documents removed", extra={"documents": len(unfinished) - left, "left": left})
        return left

    @override
    def unresumed(self) -> Sequence[ClientId]:
        return list(dict.fromkeys((*self._unresumed, *self._words.stale())))

    @override
    def resume_client(self, client_id: ClientId) -> None:
        with self._locks.hold(client_id):
            for record in self._unresumed.get(client_id, ()):
                self._erase(client_id, record.document_id)
            self._unresumed.pop(client_id, None)
            self._words.mend_stale(client_id)

    @override
    def note_stale(self, client_id: ClientId) -> None:
        self._words.note_stale(client_id)

    def _resumed(self, record: DocumentRecord) -> bool:
        try:
            self._erase(record.client_id, record.document_id)
        except AppError as exc:
            logger.error(  # noqa: TRY400 - the stack would show inside of the store and tell no more than the code
                "unfinished document could not be removed",
                extra={"client": record.client_id, "document": record.document_id, "code": exc.code},
            )
            return False
        return True

    def _write(self, document: NewDocument, replaced: Sequence[str]) -> None:
        """Journal, vectors, acknowledgement: all three, or nothing of the document is left."""
        record = document.record
        self._catalog.begin_document(record, document.chunks)
        try:
            self._store.add(record.client_id, document.parts, document.vectors)
            self._words.add(record, document.parts, document.vectors)
            self._catalog.finish_document(record.client_id, record.document_id, replaces=replaced)
        except BaseException:
            # If even that fails, the next start does it from the journal.
            self._erase(record.client_id, record.document_id)
            raise

    def _erase(self, client_id: ClientId, document_id: str) -> None:
        """Remove what there is of a document that is not ready, and its client when nothing is left of it."""
        self._words.forget(client_id, document_id)
        if self._store.exists(client_id):
            self._store.delete_document(client_id, document_id)
        self._catalog.drop_document(client_id, document_id)
        known = self._catalog.client(client_id)
        if known is None or known.document_count == 0:
            self._words.forget_client(client_id)
            self._store.delete_collection(client_id)

    def _remove_marked(self, client_id: ClientId, outdated: Sequence[str]) -> None:
        """Remove documents that are marked for it. What cannot be removed is hidden, and goes at the next start."""
        if not outdated:
            return
        try:
            for document_id in outdated:
                self._erase(client_id, document_id)
        except AppError as exc:
            logger.warning("replaced documents stay until the next start", extra={"code": exc.code})
        self._compactor.request()

    def _superseded(self, client_id: ClientId, succession: Succession) -> list[DocumentRecord]:
        found = self._catalog.superseded(
            client_id, succession.sha256, filename=succession.filename, document_id=succession.document_id
        )
        wanted = succession.document_id
        if wanted is not None and wanted not in {record.document_id for record in found}:
            raise no_such_document()
        return found

    def _require_room(self, client_id: ClientId, outdated: Sequence[DocumentRecord], new_chunks: int) -> None:
        record = self._catalog.client(client_id)
        documents = (record.document_count if record else 0) - len(outdated) + 1
        chunks = (record.chunk_count if record else 0) - sum(old.chunk_count for old in outdated) + new_chunks
        if self._limits.documents is not None and documents > self._limits.documents:
            raise LimitReached(
                f"This client may have {self._limits.documents} documents and has them; delete some first.",
                code="limit_documents",
            )
        if self._limits.chunks is not None and chunks > self._limits.chunks:
            raise LimitReached(
                f"This client may have {self._limits.chunks} chunks, and this document would make it more; "
                "delete documents first, or choose a larger chunk_size.",
                code="limit_chunks",
            )
