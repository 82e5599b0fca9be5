"""Which indexes may be used: each is checked before Chroma opens it, and a damaged one waits for its rebuild."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.common.errors import Conflict
from app.services import chroma_files
from app.services.chroma_collections import ChromaCollections
from app.services.chroma_files import State
from app.services.chroma_sql import SegmentFacts

logger = logging.getLogger(__name__)


class IndexHealth:
    """What is known of each collection's index. Every method that changes something needs the collection's lock."""

    def __init__(
        self, chroma: ChromaCollections, root: Path, known: Iterable[SegmentFacts], metadata: Mapping[str, Any]
    ) -> None:
        """`known` are the collections that were there at the start, `metadata` what each of them must carry."""
        self._chroma = chroma
        self._root = root
        self._metadata = metadata
        # Those that this process has not used yet: Chroma has not opened their files.
        self._unused = {facts.collection: facts for facts in known}
        self._damaged: set[str] = set()

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
        """Before the first use: check the embedding model and the files. Raises Conflict for another model."""
        facts = self._unused.get(name)
        if facts is None:
            return
        if self._chroma.metadata(name) != self._metadata:
            raise Conflict(
                "These documents were embedded with another model; rebuild the index or ingest them again.",
                code="embedding_model_changed",
            )
        self.prepare(facts)

    def prepare(self, facts: SegmentFacts) -> None:
        """Check the files, keep damaged ones from Chroma, and let it replay its log."""
        name, folder = facts.collection, self._root / facts.segment_id
        if name not in self._damaged:
            self.check(facts)
        if not facts.index_seq:
            # The first write did not get as far as the index; Chroma's log still has all of it.
            chroma_files.remove_segment(folder)
        self._chroma.settle(name)
        chroma_files.blank_unused(folder)
        del self._unused[name]

    def check(self, facts: SegmentFacts) -> State:
        """Check the files; what is not whole counts as damaged from now on."""
        if facts.dimension is None or not facts.index_seq:
            return "ok"
        folder = self._root / facts.segment_id
        rows = facts.rows if facts.text_seq == facts.index_seq else None
        state = chroma_files.check_segment(folder, dimension=facts.dimension, rows=rows)
        if state != "ok":
            logger.error("index damaged", extra={"collection": facts.collection, "state": state})
            self._damaged.add(facts.collection)
            if facts.collection in self._unused:
                # Chroma must not open it: it would read beyond the end of what is there.
                chroma_files.set_aside(folder)
        return state

    def forget(self, name: str) -> None:
        """The collection was deleted or made anew."""
        self._unused.pop(name, None)
        self._damaged.discard(name)
