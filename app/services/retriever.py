"""Finding a client's passages for a question."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.common.absent import no_documents
from app.common.errors import NotFound
from app.common.filters import PassageFilter, within_document
from app.common.ids import ClientId
from app.common.passages import NO_POOL, Chunk, Found, Passage, Pool, run_of
from app.common.vectors import with_model
from app.services.chroma.nearest import Probe
from app.services.embedding.description import ModelScale
from app.services.embedding.models import Embedders
from app.services.embedding.types import Embedder
from app.services.library.candidates import Candidates
from app.services.library.search import LibrarySearch, PartReader, Query
from app.services.retrieval.assembling import Span, assemble
from app.services.retrieval.ranking import NEAREST, Ranked, rank
from app.services.retrieval.repeats import Repeats

logger = logging.getLogger(__name__)

CHARACTERS_PER_TOKEN = 4
"""Of English prose; a budget is meant roughly."""

POOL_CHARACTERS = 40_000
"""Text of passages that are found for a reranker: it is asked about the twenty best of them."""
POOL_PASSAGE = 1200
"""Characters of one such passage: a longer one would be more than many rerankers read at once."""


class Retriever:
    """Embeds questions and searches one client's documents."""

    def __init__(
        self, *, search: LibrarySearch, embedders: Embedders, context_tokens: int, pooling: bool = False
    ) -> None:
        """`context_tokens` is how much text is returned when a question does not say.

        With `pooling`, `find` finds more for a reranker to choose from.
        """
        self._search = search
        self._embedders = embedders
        self._context_tokens = context_tokens
        self._pooling = pooling

    def scale(self, client_id: ClientId) -> ModelScale:
        """Return how the scores of the client's passages are to be read: as its embedding model gives them.

        Raises Unavailable when that model could not be opened.
        """
        return self._embedders.of(self._search.model(client_id)).scale

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
        wanted = self._wanted(top_k, context_tokens)
        return list(self._found(client_id, question, where, _Choice(wanted)).passages)

    def find(
        self,
        client_id: ClientId,
        question: str,
        *,
        top_k: int | None = None,
        context_tokens: int | None = None,
        where: PassageFilter | None = None,
    ) -> Found:
        """Return the same passages, and with them what a reranker may choose from, if there is one."""
        wanted = self._wanted(top_k, context_tokens)
        pool = _Wanted(max(wanted.budget, POOL_CHARACTERS), None, POOL_PASSAGE) if self._pooling else None
        return self._found(client_id, question, where, _Choice(wanted, pool))

    def _wanted(self, top_k: int | None, context_tokens: int | None) -> "_Wanted":
        return _Wanted(CHARACTERS_PER_TOKEN * (context_tokens or self._context_tokens), top_k)

    def _found(self, client_id: ClientId, question: str, where: PassageFilter | None, choice: "_Choice") -> Found:
        try:
            return with_model(
                self._search.model(client_id),
                lambda model: self._found_with(self._embedders.of(model), client_id, question, where, choice),
            )
        except NotFound as exc:
            raise no_documents() from exc

    def _found_with(
        self,
        embedder: Embedder,
        client_id: ClientId,
        question: str,
        where: PassageFilter | None,
        choice: "_Choice",
    ) -> Found:
        started = time.perf_counter()
        probe = Probe(embedder.embed_question(question, owner=client_id), embedder.name)
        unfamiliar = embedder.unfamiliar(question)
        embedded = time.perf_counter()

        def choose(candidates: Candidates, reader: PartReader) -> list[Passage]:
            return choice.of(rank(candidates, embedder.scale, unfamiliar=unfamiliar), candidates, reader)

        passages = self._search.find(client_id, Query(question, probe, NEAREST, where), choose)
        logger.debug(
            "retrieval stages",
            extra={
                "client": client_id,
                "embedding_ms": round((embedded - started) * 1000, 1),
                "search_ms": round((time.perf_counter() - embedded) * 1000, 1),
            },
        )
        return choice.found(passages)

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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Passages of about `budget` characters, at most `most`, none of more than `longest` characters."""

    budget: int
    most: int | None
    longest: int | None = None


@dataclass(slots=True)
class _Choice:
    """Makes passages of candidates: those that are `wanted` and, for a reranker, the `pool`."""

    wanted: _Wanted
    pool: _Wanted | None = None
    _keys: list[list[tuple[str, int]]] = field(default_factory=lambda: [[]])

    def of(self, ranked: Ranked, candidates: Candidates, reader: PartReader) -> list[Passage]:
        """Return all passages, each once."""
        wishes = [self.wanted] if self.pool is None else [self.wanted, self.pool]
        each = [_passages(ranked, candidates, reader, wish) for wish in wishes]
        self._keys = [[_key(passage) for passage in passages] for passages in each]
        return list({_key(passage): passage for passages in each for passage in passages}.values())

    def found(self, passages: Sequence[Passage]) -> Found:
        """Tell apart what `of` has returned, without those that are gone from it."""
        known = {_key(passage): passage for passage in passages}
        own, *pools = [[known[key] for key in keys if key in known] for keys in self._keys]
        pool = Pool(pools[0], self.wanted.budget, self.wanted.most) if pools else NO_POOL
        return Found(own, pool)


def _key(passage: Passage) -> tuple[str, int]:
    return passage.chunk.id, passage.parts


def _passages(ranked: Ranked, candidates: Candidates, reader: PartReader, wanted: _Wanted) -> list[Passage]:
    """Assemble passages and read their texts: what will probably be chosen at once, the rest as it is asked about."""
    budget, most, longest = wanted.budget, wanted.most, wanted.longest
    for span in assemble(ranked, candidates, budget=budget, most=most, longest=longest):
        reader.expect(range(span.first, span.last + 1))
    repeats = Repeats()

    def is_new(numbers: Sequence[int]) -> bool:
        return repeats.take("\n".join(part.text for part in reader.read(numbers)))

    spans = assemble(ranked, candidates, budget=budget, most=most, longest=longest, is_new=is_new)
    place_of = {number: place for place, number in enumerate(ranked.numbers.tolist())}
    made = (_passage(span, reader.read(range(span.first, span.last + 1)), ranked, place_of) for span in spans)
    return [passage for passage in made if passage is not None]


def _passage(span: Span, parts: Sequence[Chunk], ranked: Ranked, place_of: dict[int, int]) -> Passage | None:
    """Join the parts of a passage; it is of the place where it begins, and as good as its best part."""
    if not parts:
        return None
    place = place_of[span.best]
    return Passage(run_of(parts), float(ranked.cosines[place]), ranked.shares(place), parts=len(parts))
