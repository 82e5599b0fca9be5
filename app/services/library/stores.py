"""What holds the parts of documents and their words, as searching and reading see it, whichever backend it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.common.vectors import Vectors
from app.services.chroma.collections import Nearest
from app.services.chroma.files import State
from app.services.chroma.nearest import Probe
from app.services.vector_store import ClientCollection
from app.services.words.store import WordView


class WordSearch(Protocol):
    """The words of all clients' parts."""

    def search(self, client_id: ClientId, question: str) -> WordView | None:
        """Return how well each part's words match the question's; None when the client has no index."""

    def delete_client(self, client_id: ClientId) -> None:
        """Remove the client's index."""

    def remove_orphans(self, clients: Iterable[ClientId]) -> int:
        """Remove the words of all others than `clients`; return how many those were."""

    def scrub(self) -> bool:
        """Give back the room of deleted words; False when a reader was in the way, then try again later."""


class ClientModels(Protocol):
    """Which embedding model each client's vectors are of."""

    current: str
    """The one in use."""

    def of_client(self, client_id: ClientId) -> str:
        """Return the model that the client's vectors are of, or would be.

        It may change at any moment: who searches or adds with another one gets OtherModel, which has the right one.
        """

    def outdated(self) -> Mapping[ClientId, str]:
        """Return the clients whose vectors are of another model than the one in use, with that model."""


class VectorStore(Protocol):
    """Vectors and texts of the clients' parts. Safe to use from many threads.

    What reads a client that has none raises NotFound or returns nothing.
    """

    @property
    def models(self) -> ClientModels:
        """The embedding models of the vectors."""

    def add(self, client_id: ClientId, chunks: Sequence[Chunk], vectors: Vectors, *, model: str | None = None) -> None:
        """Store parts with their vectors (one row each) of `model`, None for the one in use.

        Raises OtherModel when the client's others are of another one.
        """

    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        """Return the `k` parts nearest to `vector`, best first, of those that `where` lets through."""

    def nearest(self, client_id: ClientId, vector: Probe, k: int, *, where: PassageFilter | None = None) -> Nearest:
        """Return the same by their ids. Raises OtherModel when the client's vectors are of another than the probe's."""

    def nearest_among(self, client_id: ClientId, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        """Return the nearest of those parts of these ids that are there."""

    def matching(self, client_id: ClientId, where: PassageFilter) -> list[str]:
        """Return the ids of all parts that `where` lets through."""

    def parts(self, client_id: ClientId, ids: Sequence[str]) -> list[Chunk]:
        """Return those parts of these ids that are there, in any order."""

    def vectors(self, client_id: ClientId, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those parts of these ids that are there, by id."""

    def chunks(self, client_id: ClientId, document_id: str, *, offset: int = 0, limit: int = 100) -> list[Chunk]:
        """Return a document's parts number `offset` to `offset + limit`, in order."""

    def count(self, client_id: ClientId) -> int:
        """Return how many parts the client has."""

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has parts."""

    def client_ids(self) -> Iterator[ClientId]:
        """Yield all clients that have parts."""

    def list_client_collections(self) -> list[ClientCollection]:
        """Return what each client has, in the order of their ids."""

    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        """Remove a document's parts and return how many they were."""

    def delete_collection(self, client_id: ClientId) -> bool:
        """Remove all of the client; whether there was anything."""

    def check(self, client_id: ClientId) -> State:
        """Whether what the client has can be searched."""

    def damaged(self) -> list[ClientId]:
        """Return the clients that wait for `rebuild`."""

    def rebuild(self, client_id: ClientId, embed: Callable[[list[Chunk]], Vectors]) -> int:
        """Make the vectors of the client again where they are needed; return how many texts were embedded."""

    def scrub(self) -> object:
        """Give back the room of what was deleted."""
