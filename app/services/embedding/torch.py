"""Embeddings with sentence-transformers on torch: for accelerators, and for models that cannot be exported."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from app.common.errors import StartupError, shutting_down
from app.common.fair_seats import FairSeats
from app.common.vectors import Vectors
from app.services.embedding.description import scale_of
from app.services.embedding.source import ModelSource, choose_prompts
from app.services.embedding.types import Embedder, OnBatch
from app.telemetry.counting import embedding_run

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CPU_BATCH = 4
ACCELERATOR_BATCH = 32


class TorchEmbedder(Embedder):
    """Embeds through LangChain's HuggingFaceEmbeddings, one batch at a time: the library promises no thread safety."""

    def __init__(self, source: ModelSource, *, device: str) -> None:
        """Load the model. Raises StartupError when it cannot be loaded or `device` does not exist."""
        from langchain_huggingface import HuggingFaceEmbeddings

        self.name = source.name
        self.scale = scale_of(self.name)
        if device == "cpu":
            _use_one_thread()
        with model_can_be_had(source.name):
            self._model = HuggingFaceEmbeddings(
                model_name=source.location,
                model_kwargs={"device": device},
                encode_kwargs={"normalize_embeddings": True},
            )
        query, document = prompts(self._model._client)  # noqa: SLF001 - the wrapper shows its prompts nowhere else
        self._model.query_encode_kwargs = {"normalize_embeddings": True, "prompt": query}
        self._model.encode_kwargs = {"normalize_embeddings": True, "prompt": document}
        self._batch = CPU_BATCH if device == "cpu" else ACCELERATOR_BATCH
        self._turns = Turns()
        self._closed = False
        self.dimension = len(self._model.embed_query("dimension"))

    @override
    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """Embed at the priority of bulk work. Between two batches a waiting question is let in."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            with self._turns.question() if urgent else self._turns.bulk(owner):
                self._check_open()
                with embedding_run(len(rows)):
                    vectors[rows] = self._model.embed_documents([texts[row] for row in rows])
            if on_batch:
                on_batch(start + len(rows))
        return vectors

    @override
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """Embed one question. Waits for the batch that runs, for no other."""
        with self._turns.question():
            self._check_open()
            with embedding_run(1):
                return np.asarray(self._model.embed_query(text), dtype=np.float32)

    @override
    def close(self) -> None:
        with self._turns.question():
            self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise shutting_down()


class Turns:
    """A lock that questions get before bulk work does, whose owners take turns."""

    def __init__(self) -> None:
        self._owners = FairSeats(1)
        self._changed = threading.Condition()
        self._busy = False
        self._questions = 0

    @property
    def questions_waiting(self) -> int:
        """How many questions wait for their turn."""
        return self._questions

    @contextmanager
    def question(self) -> Iterator[None]:
        """Have the next turn for the block."""
        with self._changed:
            self._questions += 1
            self._changed.wait_for(lambda: not self._busy)
            self._questions -= 1
            self._busy = True
        with self._released():
            yield

    @contextmanager
    def bulk(self, owner: str = "") -> Iterator[None]:
        """Have a turn for the block once no question waits."""
        with self._owners.hold(owner):
            with self._changed:
                self._changed.wait_for(lambda: not self._busy and not self._questions)
                self._busy = True
            with self._released():
                yield

    @contextmanager
    def _released(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()


def _use_one_thread() -> None:
    import torch

    # Several threads spin while they wait for each other: with other work on the cores all of it becomes slow.
    torch.set_num_threads(1)


def prompts(model: "SentenceTransformer") -> tuple[str, str]:
    """What `model` puts before a query and before a document, as its encode_query and encode_document do."""
    return choose_prompts(model.prompts, model.default_prompt_name or "")


@contextmanager
def model_can_be_had(name: str) -> Iterator[None]:
    """Translate what sentence-transformers raises when a model cannot be loaded into a StartupError."""
    try:
        yield
    # OSError: no such model, no network; ValueError: not a model; the others: device, missing parts of a model.
    except (OSError, ValueError, RuntimeError, AssertionError, ImportError, AttributeError) as exc:
        raise StartupError(
            f"The embedding model {name} cannot be loaded; "
            "check EMBEDDING_MODEL, EMBEDDING_DEVICE and the connection to the model hub."
        ) from exc
