"""Summaries of all documents, written in the background: they delay no upload and fail none."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol

from typing_extensions import override

from app.common.background import Background, Running
from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.metering import Behalf, acting_for
from app.common.passages import Passage
from app.services.answering.citations import without_citations
from app.services.catalog.digests import OUTLINE, SUMMARY
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.digests.cache import DigestCache
from app.services.digests.central import Outlines
from app.services.digests.index import SummaryIndex
from app.services.digests.notes import Digest, Note
from app.services.digests.tree import Task, TreeReader
from app.services.library.texts import DocumentTexts, place_of

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
"""Between two looks at the catalog, which tells of new documents: for those of other processes, and for failures."""
PAUSE_SECONDS = 30.0
"""After a failure, for the sake of a vendor that is in trouble."""
LONGEST_DELAY_SECONDS = 6 * 3600.0
"""A document of which no summary was kept is tried again, each time after twice as long, at most after this."""
_CHARACTERS_PER_TOKEN = 4


Run = Callable[[Coroutine[Any, Any, Digest | None]], Digest | None]
"""Runs what waits for the model, on an event loop of its own; None when the service stops meanwhile."""


class Summariser(Protocol):
    """Makes a document's summary and keeps it. Blocks."""

    topic: str

    def summarise(self, record: DocumentRecord, run: Run) -> None:
        """Make and keep the summary; raises the errors of the stores and the model. Calls are made with `run`."""


class ModelSummariser(Summariser):
    """Has a model read the document."""

    topic = SUMMARY

    def __init__(self, texts: DocumentTexts, cache: DigestCache, tree: TreeReader, *, most_tokens: int) -> None:
        self._texts = texts
        self._cache = cache
        self._tree = tree
        self._most = most_tokens

    @override
    def summarise(self, record: DocumentRecord, run: Run) -> None:
        passages = self._texts.passages(record, most_characters=self._most * _CHARACTERS_PER_TOKEN)
        digest = run(self._read(Task(record.client_id), passages))
        if digest is not None:
            self._cache.keep(record, "", digest)

    async def _read(self, task: Task, passages: Sequence[Passage]) -> Digest | None:
        async with aclosing(self._tree.read(task, passages)) as steps:
            async for step in steps:
                if isinstance(step, Digest):
                    return step
        return None


class OutlineSummariser(Summariser):
    """Takes headings and central sentences."""

    topic = OUTLINE

    def __init__(self, outlines: Outlines, cache: DigestCache) -> None:
        self._outlines = outlines
        self._cache = cache

    @override
    def summarise(self, record: DocumentRecord, run: Run) -> None:
        outline = self._outlines.of(record, urgent=False)
        sentences = [f"{each.text} [{number}]" for number, each in enumerate(outline.sentences, start=1)]
        passages = [each.passage for each in outline.sentences]
        headings = ["; ".join(outline.headings)] if outline.headings else []
        note = Note("\n".join([" ".join(sentences), *headings]), [place_of(passage) for passage in passages])
        pages = len({passage.chunk.page for passage in passages})
        self._cache.keep_outline(record, Digest(note, pages_read=pages, parts_read=len(passages)))


class _Failed(NamedTuple):
    """How often no summary of a document was kept, and when it is tried again, in seconds of time.monotonic()."""

    times: int
    due: float


class SummaryWriter(Running):
    """Summarises what has no summary, one document at a time, clients in turns. The catalog says what is left to do."""

    def __init__(
        self,
        catalog: Catalog,
        summariser: Summariser,
        index: SummaryIndex,
        *,
        may_spend: Callable[[ClientId], bool] = lambda _: True,
    ) -> None:
        """Documents of a client that may not spend wait until it may."""
        self._may_spend = may_spend
        self._catalog = catalog
        self._summariser = summariser
        self._index = index
        self._failed: dict[str, _Failed] = {}
        self._background = Background("summaries", self._round, every=EVERY_SECONDS, at_once=True)

    @override
    def start(self) -> None:
        self._catalog.when_ready(self._background.wake)
        self._background.start()

    @override
    def close(self) -> None:
        self._background.close()

    def _round(self) -> None:
        now = time.monotonic()
        waiting = [document_id for document_id, failed in self._failed.items() if failed.due > now]
        for client_id, document_id in self._index.lacking(beside=waiting):
            if self._background.closing:
                return
            record = self._catalog.document(client_id, document_id)
            if record is not None and self._may_spend(client_id):
                with acting_for(Behalf(kind="background")):
                    self._summarise(record)
                self._background.wake()  # there may be more

    def _summarise(self, record: DocumentRecord) -> None:
        failed = self._failed.pop(record.document_id, _Failed(0, 0.0))
        try:
            done = self._write(record)
        except AppError as exc:
            done = False
            extra = {"client": record.client_id, "document": record.document_id, "code": exc.code}
            logger.warning("document not summarised", extra=extra)
            self._background.pause(PAUSE_SECONDS)
        if not done:
            # Meanwhile the client's other documents have their turn, and the vendor is not paid for this one on and on.
            delay = min(LONGEST_DELAY_SECONDS, PAUSE_SECONDS * 2**failed.times)
            self._failed[record.document_id] = _Failed(failed.times + 1, time.monotonic() + delay)

    def _write(self, record: DocumentRecord) -> bool:
        """Write the summary, unless somebody asked for one before, and note what it means; False if none was kept."""
        if self._kept(record) is None:
            self._summariser.summarise(record, lambda work: asyncio.run(self._until_closed(work)))
        summary = self._kept(record)
        if summary is not None:
            self._index.add(record, without_citations(str(summary["text"])))
        return summary is not None

    def _kept(self, record: DocumentRecord) -> Mapping[str, object] | None:
        return self._catalog.digests.get(record.client_id, record.document_id, self._summariser.topic)

    async def _until_closed(self, reading: Coroutine[Any, Any, Digest | None]) -> Digest | None:
        """Return what a reading comes to, None if the service stops meanwhile: then it is ended."""
        work = asyncio.ensure_future(reading)
        while not work.done() and not self._background.closing:
            await asyncio.wait({work}, timeout=0.2)
        if work.done():
            return work.result()
        work.cancel()
        await asyncio.wait({work})
        return None
