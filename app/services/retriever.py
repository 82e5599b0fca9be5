"""Finding a client's passages for a question."""

import logging
import time
from collections.abc import Sequence

from app.common.absent import no_documents
from app.common.errors import NotFound
from app.common.filters import PassageFilter, within_document
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage, run_of
from app.services.embedding.description import ModelScale
from app.services.embedding.types import Embedder
from app.services.library.candidates import Candidates
from app.services.library.search import LibrarySearch, PartReader, Query
from app.services.retrieval.assembling import Span, assemble
from app.services.retrieval.ranking import NEAREST, Ranked, rank
from app.services.retrieval.repeats import Repeats

logger = logging.getLogger(__name__)

CHARACTERS_PER_TOKEN = 4
"""Of English prose; a budget is meant roughly."""


class Retriever:
    """Embeds questions and searches one client's documents."""

    def __init__(self, *, search: LibrarySearch, embedder: Embedder, context_tokens: int) -> None:
        """`context_tokens` is how much text is returned when a question does not say."""
        self._search = search
        self._embedder = embedder
        self._context_tokens = context_tokens

    @property
    def scale(self) -> ModelScale:
        """Return how the scores of passages are to be read."""
        return self._embedder.scale

    def require_documents(self, client_id: ClientId) -> None:
        """Raise NotFound when the client has no documents."""
        if not self._search.exists(client_id):
            raise no_documents()

    def retrieve(
        self,
        client_id: ClientId,
        question: str,
        *,
        top_k: int | None = None,
        context_tokens: int | None = None,
        where: PassageFilter | None = None,
    ) -> list[Passage]:
        """Return the best passages, best first, of those that `where` lets through.

        They fill `context_tokens`, and are at most `top_k` where that is given. Raises NotFound when the client has no
        documents: asking creates nothing.
        """
        started = time.perf_counter()
        vector = self._embedder.embed_question(question, owner=client_id)
        unfamiliar = self._embedder.unfamiliar(question)
        embedded = time.perf_counter()
        budget = CHARACTERS_PER_TOKEN * (context_tokens or self._context_tokens)

        def choose(candidates: Candidates, reader: PartReader) -> list[Passage]:
            ranked = rank(candidates, self._embedder.scale, unfamiliar=unfamiliar)
            return _passages(ranked, candidates, reader, budget=budget, most=top_k)

        try:
            passages = self._search.find(client_id, Query(question, vector, NEAREST, where), choose)
        except NotFound as exc:
            raise no_documents() from exc
        logger.debug(
            "retrieval stages",
            extra={
                "client": client_id,
                "embedding_ms": round((embedded - started) * 1000, 1),
                "search_ms": round((time.perf_counter() - embedded) * 1000, 1),
            },
        )
        return passages

    def retrieve_each(
        self,
        client_id: ClientId,
        question: str,
        document_ids: Sequence[str],
        *,
        context_tokens: int | None = None,
        where: PassageFilter | None = None,
    ) -> list[Passage]:
        """Return the best passages of each of these documents, of those that `where` lets through.

        The documents share `context_tokens` evenly.
        """
        share = (context_tokens or self._context_tokens) // len(document_ids)
        each = [
            self.retrieve(
                client_id,
                question,
                context_tokens=share,
                where=within_document(document_id, where),
            )
            for document_id in document_ids
        ]
        return [passage for passages in each for passage in passages]


def _passages(
    ranked: Ranked, candidates: Candidates, reader: PartReader, *, budget: int, most: int | None
) -> list[Passage]:
    """Assemble passages and read their texts: what will probably be chosen at once, the rest as it is asked about."""
    for span in assemble(ranked, candidates, budget=budget, most=most):
        reader.expect(range(span.first, span.last + 1))
    repeats = Repeats()

    def is_new(numbers: Sequence[int]) -> bool:
        return repeats.take("\n".join(part.text for part in reader.read(numbers)))

    spans = assemble(ranked, candidates, budget=budget, most=most, is_new=is_new)
    place_of = {number: place for place, number in enumerate(ranked.numbers.tolist())}
    made = (_passage(span, reader.read(range(span.first, span.last + 1)), ranked, place_of) for span in spans)
    return [passage for passage in made if passage is not None]


def _passage(span: Span, parts: Sequence[Chunk], ranked: Ranked, place_of: dict[int, int]) -> Passage | None:
    """Join the parts of a passage; it is of the place where it begins, and as good as its best part."""
    if not parts:
        return None
    place = place_of[span.best]
    return Passage(run_of(parts), float(ranked.cosines[place]), ranked.shares(place), parts=len(parts))
