"""What an embedder promises."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

from langchain_core.embeddings import Embeddings

from app.common.vectors import Vectors
from app.services.embedding.description import DEFAULT_SCALE, ModelScale
from app.services.embedding.question_runs import RunStats

OnBatch = Callable[[int], None]


class Embedder(Embeddings):
    """Turns texts into unit-length vectors; safe to use from many threads.

    `name` is the model's name, to be stored beside the vectors: vectors of two models never mix.
    `dimension` is the number of components of each vector, `scale` how its cosines are to be read.
    """

    name: str
    dimension: int
    scale: ModelScale = DEFAULT_SCALE

    @abstractmethod
    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """One unit-length row per text, in the order given, at the priority of bulk work: owners take turns.

        With `urgent` the priority is a question's: for the few texts that somebody waits for.
        `on_batch` is called in the caller's thread after each batch with the number of texts done so far; what
        it raises stops the work and comes out of here. Raises Unavailable once the embedder is closed.
        """

    @abstractmethod
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """The unit-length vector of one question, which never waits behind queued bulk work.

        Raises Unavailable once the embedder is closed.
        """

    def unfamiliar(self, text: str) -> float:  # noqa: ARG002 - for models whose tokens do not tell
        """Return the share of the text's tokens that the model does not know as words, 0 to 1."""
        return 0.0

    def stats(self) -> RunStats:
        """Return how many runs over questions go on, and how many questions wait; 0 where they have no turns."""
        return RunStats(0, 0)

    @abstractmethod
    def close(self) -> None:
        """Give up queued bulk work, finish what runs, and free the threads. May be called twice."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for `embed_texts`."""
        return [[float(x) for x in row] for row in self.embed_texts(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for `embed_question`."""
        return [float(x) for x in self.embed_question(text)]
