"""New indexes for old ones: for those that are damaged, and those with more deleted rows than chunks."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.common.absent import no_collection
from app.common.disk import disk_errors
from app.common.errors import InsufficientStorage
from app.common.space import DiskSpace
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections, VectorStoreFailed
from app.services.chroma.files import StoreFiles
from app.services.chroma.health import IndexHealth
from app.services.chroma.models import metadata_for
from app.services.chroma.rebuild import (
    Embed,
    compact_collection,
    copies_of,
    drop_copies,
    rebuild_collection,
    rebuilt_of,
    successor_of,
    take_place,
)
from app.services.chroma.room import usual_room
from app.services.chroma.sql import SegmentFacts

logger = logging.getLogger(__name__)

_SMALL = 1000


@contextmanager
def maintenance() -> Iterator[None]:
    """Translate what goes wrong with the store's files: as `disk_errors` does, or into VectorStoreFailed."""
    try:
        with disk_errors():
            yield
    except chroma_sql.MaintenanceFailed as exc:
        raise VectorStoreFailed("The vector store's files could not be maintained; try again later.") from exc


def known_collection(folder: Path, name: str) -> SegmentFacts:
    """Return what the database says of the collection, asked in a child process. Raises NotFound."""
    with maintenance():
        for facts in chroma_sql.facts(folder, name):
            return facts
    raise no_collection()


class Reindexing:
    """Replaces collections by new ones of the same content. Whatever changes something needs the collection's lock."""

    def __init__(
        self,
        chroma: ChromaCollections,
        files: StoreFiles,
        health: IndexHealth,
        space: DiskSpace,
    ) -> None:
        self._chroma = chroma
        self._files = files
        self._health = health
        self._space = space
        self._under_way: set[str] = set()
        self._untidy: set[str] = set()

    def is_under_way(self, name: str) -> bool:
        """Whether the collection is being replaced, so that for a moment there is none."""
        return name in self._under_way

    def is_untidy(self, name: str) -> bool:
        """Whether `tidy` found no room."""
        return name in self._untidy

    def forget(self, name: str) -> None:
        """The collection was deleted."""
        self._untidy.discard(name)

    def rebuild(self, facts: SegmentFacts, embed: Embed) -> int:
        """Rebuild the index from the stored texts; return how many had to be embedded."""
        self._space.require(usual_room(facts.rows))
        if self._health.is_unused(facts.collection):
            self._health.prepare(facts)
        with self._replacing(facts.collection):
            return rebuild_collection(self._chroma, self._files, facts, embed)

    def plant(self, name: str, model: str) -> None:
        """Make an empty successor of the collection, for vectors of `model`. Raises NotFound."""
        facts = known_collection(self._files.root, name)
        self._space.require(usual_room(facts.rows))
        if self._health.is_unused(name):
            self._health.prepare(facts)
        self.drop_copies(name)
        self._chroma.create(successor_of(name), metadata_for(model))

    def succeed(self, name: str) -> None:
        """Let the successor take the collection's place. Raises NotFound."""
        facts = known_collection(self._files.root, name)
        with self._replacing(name):
            drop_copies(self._chroma, self._files, rebuilt_of(name))
            take_place(self._chroma, self._files, facts, successor_of(name))

    def delete_document(self, name: str, document_id: str) -> int:
        """Remove a document's chunks from the collection and from what is to take its place; return how many."""
        for copy in copies_of(name):
            if self._chroma.exists(copy):
                self._chroma.delete_document(copy, document_id)
        return self._chroma.delete_document(name, document_id)

    def drop_copies(self, name: str) -> None:
        """Remove what was to take the collection's place."""
        drop_copies(self._chroma, self._files, *copies_of(name))

    def tidy(self, facts: SegmentFacts) -> None:
        """Rebuild a small index when it holds more deleted rows than chunks.

        Deleted rows stay in the graph, and a new row is linked to living ones only: where there are hardly any,
        rows that are added later can end up where no search comes to them. When there is no room for it, this is to
        be called again before rows are added.
        """
        if facts.rows > _SMALL or self._dead_rows(facts) <= facts.rows:
            return
        self._untidy.add(facts.collection)
        try:
            self._space.require(usual_room(facts.rows))
            with self._replacing(facts.collection):
                compact_collection(self._chroma, self._files, facts)
        except InsufficientStorage:
            logger.info("deleted rows stay until there is room", extra={"collection": facts.collection})

    def _dead_rows(self, facts: SegmentFacts) -> int:
        return chroma_files.dead_rows(self._files.folder(facts.segment_id), facts.rows)

    @contextmanager
    def _replacing(self, name: str) -> Iterator[None]:
        """While the collection gives way to a new one, of which nothing is known then."""
        self._under_way.add(name)
        try:
            with maintenance():
                yield
            self._health.forget(name)
            self._untidy.discard(name)
        finally:
            self._under_way.discard(name)
