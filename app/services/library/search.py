"""Searching what is acknowledged: parts of documents that are half-written or on their way out do not show.

Two legs give candidates: the vector store the nearest parts, the index of words the score of every part.
"""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from app.common.absent import no_collection
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.services.catalog.store import Catalog
from app.services.chroma.nearest import Nearest, Probe
from app.services.library.candidates import Candidates, Mask, Numbering, bring_together
from app.services.library.filtering import Basis, Filtering, best_passing, part_ids
from app.services.library.stores import VectorStore, WordSearch
from app.services.words.contents import Document
from app.services.words.store import WordStoreFailed, WordView

logger = logging.getLogger(__name__)

_ATTEMPTS = 8

WIDE = 0.2
"""The share of a client's parts from which on a filter is wide."""
SPARE = 1.3
"""As many more parts are found as the share makes likely, times this."""


class PartReader:
    """Reads the texts of candidates; each once."""

    def __init__(self, candidates: Candidates, read: Callable[[Sequence[str]], list[Chunk]]) -> None:
        self._candidates = candidates
        self._read = read
        self._known: dict[int, Chunk] = {}
        self._expected: dict[int, None] = {}
        self.vanished = False
        """Whether a part that was found has no text any more: its collection is being deleted or made again."""

    def expect(self, numbers: Iterable[int]) -> None:
        """Say that these will be asked for: all that is expected is read together."""
        self._expected.update(dict.fromkeys(numbers))

    def read(self, numbers: Iterable[int]) -> list[Chunk]:
        """Return the parts with these numbers, in this order, without those that vanished."""
        wanted = list(numbers)
        if any(number not in self._known for number in wanted):
            asked = [number for number in (*wanted, *self._expected) if number not in self._known]
            self._expected.clear()
            missing = {self._candidates.part_id(number): number for number in asked}
            found = self._read(list(missing))
            self._known.update((missing[part.id], part) for part in found)
            self.vanished = self.vanished or len(found) < len(missing)
        return [self._known[number] for number in wanted if number in self._known]


Choose = Callable[[Candidates, PartReader], list[Passage]]
"""Makes passages of candidates."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: a question with its vector, `nearest` many parts by meaning, all of them by words.

    `where` is a checked filter.
    """

    text: str
    vector: Probe
    nearest: int
    where: PassageFilter | None = None


class LibrarySearch:
    """The documents of one process as a question may see them. The catalog decides which there are."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStore,
        words: WordSearch,
        note_stale: Callable[[ClientId], None],
    ) -> None:
        """`note_stale` is told of a client whose index of words lacks documents, or failed."""
        self._catalog = catalog
        self._store = store
        self._words = words
        self._note_stale = note_stale
        self._filtering = Filtering(catalog.labels, store)
        self._compared: set[ClientId] = set()

    def exists(self, client_id: ClientId) -> bool:
        """Say whether the client has a document that is ready."""
        record = self._catalog.client(client_id)
        return record is not None and bool(record.document_count)

    def model(self, client_id: ClientId) -> str:
        """Return the embedding model that the client's vectors are of."""
        return self._store.models.of_client(client_id)

    def find(self, client_id: ClientId, query: Query, choose: Choose) -> list[Passage]:
        """Return the passages that `choose` makes of the candidates, with the labels of their documents.

        While a document is replaced, either the old version or the new one is found, never both or neither: chunks
        are written before their document is acknowledged and removed after it is given up, so the catalog is asked
        after each search, and only when something found must not show is the search done again, among those alone
        that are acknowledged. Raises what VectorStore.nearest raises; NotFound also when the client's first
        document is not ready.
        """
        passages = self._acknowledged(client_id, query, choose)
        if not passages and not self.exists(client_id):
            raise no_collection()
        return self._labelled(client_id, passages)

    def _labelled(self, client_id: ClientId, passages: Sequence[Passage]) -> list[Passage]:
        labels = self._catalog.labels.of(client_id, {passage.chunk.document_id for passage in passages})
        return [replace(passage, labels=labels.get(passage.chunk.document_id, passage.labels)) for passage in passages]

    def _acknowledged(self, client_id: ClientId, query: Query, choose: Choose) -> list[Passage]:
        passages: list[Passage] = []
        hidden: frozenset[str] = frozenset()
        basis = self._filtering.basis(client_id, query.where) if query.where else None
        for _ in range(_ATTEMPTS):
            candidates = self._candidates(client_id, query, basis)
            reader = PartReader(candidates, lambda ids: self._store.parts(client_id, ids))
            passages = choose(candidates, reader)
            hidden = self._catalog.unacknowledged(client_id)
            if candidates.unindexed - hidden:
                self._note_stale(client_id)
            found = {passage.chunk.document_id for passage in passages}
            settled = not reader.vanished and not found & hidden
            if settled and (basis is None or self._still_there(client_id, query, basis)):
                return passages
            if not self.exists(client_id):
                return []
            basis = self._filtering.basis(client_id, query.where)
        # So many documents come and go that no two looks agree: what is found is right, but may be less than all.
        return [passage for passage in passages if passage.chunk.document_id not in hidden]

    def _still_there(self, client_id: ClientId, query: Query, basis: Basis) -> bool:
        """Whether all documents that were looked at are: one that is gone may have been replaced by another."""
        return basis.parts.keys() <= self._filtering.basis(client_id, query.where).parts.keys()

    def _candidates(self, client_id: ClientId, query: Query, basis: Basis | None) -> Candidates:
        numbering = Numbering.of(self._matching_words(client_id, query.text))
        if basis is None:
            return bring_together(numbering, self._store.nearest(client_id, query.vector, query.nearest))
        numbering = numbering.including(basis.parts)
        mask = self._filtering.mask(client_id, query.where, basis, numbering)
        return bring_together(numbering, self._nearest(client_id, query, mask, numbering.documents)).only(mask)

    def _nearest(self, client_id: ClientId, query: Query, mask: Mask, documents: Sequence[Document]) -> Nearest:
        """Return the nearest of the parts that a mask lets through.

        Where those are many it is quicker to find more of all parts, and to drop some, than to name them to the store.
        """
        share = int(mask.sum()) / max(1, sum(document.count for document in documents))
        if share >= WIDE:
            more = math.ceil(query.nearest / share * SPARE)
            found = best_passing(self._store.nearest(client_id, query.vector, more), query.nearest, mask, documents)
            if len(found.ids) == query.nearest:
                return found
        return self._store.nearest_among(client_id, query.vector, query.nearest, part_ids(mask, documents))

    def _matching_words(self, client_id: ClientId, question: str) -> WordView | None:
        """Return what words say; nothing if that fails, as the vectors answer without them."""
        try:
            view = self._words.search(client_id, question)
        except WordStoreFailed as exc:
            logger.warning("searching without words", extra={"client": client_id, "code": exc.code})
            self._note_stale(client_id)
            return None
        if view is None or self._lacks_documents(client_id, view):
            self._note_stale(client_id)
        return view

    def _lacks_documents(self, client_id: ClientId, view: WordView) -> bool:
        """Look at the client's first question whether its index has all documents: the process before may have failed.

        What fails in this process is noted when it does.
        """
        if client_id in self._compared:
            return False
        self._compared.add(client_id)
        indexed = {document.document_id for document in view.contents.documents}
        return not self._catalog.acknowledged(client_id) <= indexed
