"""Which indexes may be used: each is checked before Chroma opens it, and a damaged one waits for its rebuild."""

import logging
from collections.abc import Iterable

from app.common.errors import Unavailable
from app.services.chroma import files as chroma_files
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.files import State, StoreFiles
from app.services.chroma.sql import SegmentFacts

logger = logging.getLogger(__name__)


class IndexHealth:
    """What is known of each collection's index. Every method that changes something needs the collection's lock."""

    def __init__(self, chroma: ChromaCollections, files: StoreFiles, known: Iterable[SegmentFacts]) -> None:
        """`known` are the collections that were there at the start."""
        self._chroma = chroma
        self._files = files
        # Those that this process has not used yet: Chroma has not opened their files.
        self._unused = {facts.collection: facts for facts in known}
        self._damaged: set[str] = set()

    def restart(self, known: Iterable[SegmentFacts]) -> None:
        """Chroma was closed and opened again: it has nothing of `known`, all collections, in memory."""
        self._unused = {facts.collection: facts for facts in known}

    def is_damaged(self, name: str) -> bool:
        """Whether the index was found damaged and is not rebuilt yet."""
        return name in self._damaged

    def is_unused(self, name: str) -> bool:
        """Whether the collection was there at the start and was not used since."""
        return name in self._unused

    def damaged(self) -> list[str]:
        """Return the names of all damaged ones."""
        return sorted(self._damaged)

    def facts_at_start(self, name: str) -> SegmentFacts | None:
        """Return what the database said of an unused collection, which still holds."""
        return self._unused.get(name)

    def first_use(self, name: str) -> None:
        """Before the first use: check the files. Raises what `prepare` raises."""
        facts = self._unused.get(name)
        if facts is not None:
            self.prepare(facts)

    def prepare(self, facts: SegmentFacts) -> None:
        """Check the files, keep damaged ones from Chroma, and let it replay its log.

        Raises Unavailable, and changes nothing, when they are of a format that this service does not know.
        """
        name = facts.collection
        if name not in self._damaged and self.check(facts) == "unknown":
            raise Unavailable(
                "This client's search index is of a format that this service does not know; nothing was changed. "
                "Run the version that wrote it, or upload the documents to a new client.",
                code="index_format_unknown",
            )
        if not facts.index_seq:
            # The first write did not get as far as the index; Chroma's log still has all of it.
            self._files.remove(facts.segment_id)
        self._chroma.settle(name)
        self._files.blank_unused(facts.segment_id)
        self._unused.pop(name, None)

    def check(self, facts: SegmentFacts) -> State:
        """Check the files; what is not whole counts as damaged from now on. An unknown format is left alone."""
        state = chroma_files.index_state(self._files.root, facts)
        if state == "unknown":
            logger.error("index format unknown", extra={"collection": facts.collection})
        elif state != "ok":
            logger.error("index damaged", extra={"collection": facts.collection, "state": state})
            self._damaged.add(facts.collection)
            if facts.collection in self._unused:
                # Chroma must not open it: it would read beyond the end of what is there.
                self._files.set_aside(facts.segment_id)
        return state

    def forget(self, name: str) -> None:
        """Note that the collection was deleted or created again."""
        self._unused.pop(name, None)
        self._damaged.discard(name)
