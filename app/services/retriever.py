"""Finding a client's passages for a question."""

from collections.abc import Sequence

from app.common.ids import ClientId
from app.common.passages import Passage
from app.services.documents import no_documents
from app.services.embeddings import Embedder
from app.services.vector_store import VectorStoreService


class Retriever:
    """Embeds questions and searches one client's collection."""

    def __init__(self, *, store: VectorStoreService, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    def retrieve(self, client_id: ClientId, question: str, *, top_k: int) -> Sequence[Passage]:
        """Return the `top_k` nearest passages, best first.

        Raises NotFound when the client has no documents: asking creates nothing.
        """
        if not self._store.exists(client_id):
            raise no_documents()
        return self._store.search(client_id, self._embedder.embed_question(question), top_k)
