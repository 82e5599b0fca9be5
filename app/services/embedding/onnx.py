"""Embeddings from an exported model with tokenizers and onnxruntime alone: nothing here imports torch.

Runs are kept small (PADDED_TOKENS_PER_RUN): they stay in the processor's cache, and end soon. One session serves all
threads, which onnxruntime allows. Bulk work has threads of its own at a lower priority, so that questions overtake it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path

import numpy as np
from typing_extensions import override

from app.common.cores import usable_cores
from app.common.errors import shutting_down
from app.common.vectors import Vectors
from app.services.embedding.description import scale_of
from app.services.embedding.fair_runs import FairRuns
from app.services.embedding.onnx_model import OnnxModel
from app.services.embedding.question_runs import QuestionRuns, RunStats, TokenIds
from app.services.embedding.types import Embedder, OnBatch

PADDED_TOKENS_PER_RUN = 256
TEXTS_PER_RUN = 32
TEXTS_PER_SLICE = 64  # tokenized, sorted by length and packed together
BULK_NICENESS = 10


class OnnxEmbedder(Embedder):
    """Embeds with one OnnxModel; `threads` bounds the bulk runs at one time, whoever asks for them."""

    def __init__(self, name: str, folder: Path, *, threads: int) -> None:
        """Load the export in `folder`. Raises StartupError if it is damaged."""
        self.name = name
        self.scale = scale_of(name)
        self._model = OnnxModel(folder)
        self.dimension = self._model.info.dimension
        self._bulk = FairRuns("embed-bulk", threads, niceness=BULK_NICENESS)
        # Two per thread: none waits for its next run while the caller looks at a result.
        self._window = 2 * threads
        cores = usable_cores()
        self._urgent = FairRuns("embed-urgent", cores)
        # One owner's questions have half of the cores: others' have the rest, and the other work of a chat.
        self._questions = QuestionRuns(self._model.run, at_once=cores, each=max(1, cores // 2), fits=_fits)

    @override
    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """Embed in runs of bulk work, or with `urgent` in those that go before it.

        Few runs of one caller are queued at a time: callers take turns.
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        pending: deque[tuple[list[int], Future[Vectors]]] = deque()
        done = 0
        batches = self._batches(texts)
        runs = self._urgent if urgent else self._bulk
        try:
            while True:
                while len(pending) < self._window and (batch := next(batches, None)):
                    pending.append((batch[0], runs.start(owner, partial(self._model.run, batch[1]))))
                if not pending:
                    return vectors
                rows, future = pending.popleft()
                vectors[rows] = _result(future)
                done += len(rows)
                if on_batch:
                    on_batch(done)
        finally:
            for _, future in pending:
                future.cancel()

    @override
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """Embed one question. Questions that arrive together share a run."""
        (tokens,) = self._model.tokenize([text], self._model.info.query_prompt)
        return self._questions.vector(tokens, owner)

    @override
    def unfamiliar(self, text: str) -> float:
        return self._model.unfamiliar(text)

    @override
    def stats(self) -> RunStats:
        return self._questions.stats()

    @override
    def close(self) -> None:
        self._questions.close()
        self._bulk.close()
        self._urgent.close()

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[TokenIds]]]:
        for start in range(0, len(texts), TEXTS_PER_SLICE):
            part = texts[start : start + TEXTS_PER_SLICE]
            tokens = self._model.tokenize(part, self._model.info.document_prompt)
            for rows in pack([len(text) for text in tokens]):
                yield [start + row for row in rows], [tokens[row] for row in rows]


def pack(lengths: Sequence[int]) -> list[list[int]]:
    """Indexes of `lengths` in groups of similar length, each small enough for one run (or alone)."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups and _fits(len(groups[-1]) + 1, lengths[index]):
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _fits(texts: int, longest: int) -> bool:
    return texts <= TEXTS_PER_RUN and texts * longest <= PADDED_TOKENS_PER_RUN


def _result(future: Future[Vectors]) -> Vectors:
    try:
        return future.result()
    except CancelledError as exc:  # close() gave it up
        raise shutting_down() from exc
