"""Upkeep of the store's folder: putting it in order at the start, removing and rebuilding collections."""

import dataclasses
import logging
from collections.abc import Callable, Iterable

import numpy as np

from app.common.errors import StartupError
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.files import StoreFiles
from app.services.chroma.sql import SegmentFacts

_REBUILT, _SUCCESSOR = "rebuilt_", "successor_"

Embed = Callable[[list[Chunk]], Vectors]

logger = logging.getLogger(__name__)


def prepare_folder(files: StoreFiles, cache_size: int) -> list[SegmentFacts]:
    """Put Chroma's files in order while it has them closed; return the collections in them.

    Raises StartupError when there are indexes without a database: a new one would know none of them.
    """
    root = files.root
    if not (root / chroma_sql.DATABASE_FILE).exists() and chroma_files.segment_folders(root):
        raise StartupError(
            f"The vector store's folder {root} holds indexes but no {chroma_sql.DATABASE_FILE}: restore that file "
            "from your backup, or move the folder away to begin with an empty one."
        )
    try:
        known = chroma_sql.prepare(root)
    except chroma_sql.MaintenanceFailed:  # a new folder, or one whose first start did not get far
        ChromaCollections(root, cache_size).close()
        known = chroma_sql.prepare(root)
    segments = {facts.segment_id for facts in known}
    if removed := files.settle_going(segments):
        logger.warning("index folders of deleted collections removed", extra={"folders": removed})
    if unknown := chroma_files.segment_folders(root) - segments:
        logger.warning("index folders of no collection are left alone: run the doctor", extra={"folders": len(unknown)})
    return known


def successor_of(name: str) -> str:
    """Return the name of the collection that grows to take the place of another."""
    return _SUCCESSOR + name


def rebuilt_of(name: str) -> str:
    """Return the name of the collection that a rebuild makes of another."""
    return _REBUILT + name


def copies_of(name: str) -> tuple[str, str]:
    """Return the names of what may hold texts of a collection beside it: what is to take its place."""
    return (rebuilt_of(name), successor_of(name))


def drop_copies(chroma: ChromaCollections, files: StoreFiles, *names: str) -> None:
    """Remove what was to take a collection's place and is not to any more."""
    for copy in names:
        if chroma.exists(copy):
            for facts in chroma_sql.facts(files.root, copy):
                drop_collection(chroma, files, facts)


def drop_collection(chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts) -> None:
    """Remove a collection and its files; a start after a crash in between finishes it."""
    files.note_going(facts.segment_id)
    chroma.drop(facts.collection)
    files.remove(facts.segment_id)


def rebuild_collection(chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts, embed: Embed) -> int:
    """Replace the collection by a new one of the same model; return how many texts had to be embedded.

    Vectors are kept where they can be trusted. The caller keeps other writers away. Whatever moment the process ends
    at, `finish_rebuilds` brings back the old or the new one whole.
    """
    trusted = chroma_files.salvage_all(files.folder(facts.segment_id))
    embedded = 0

    def vectors(page: list[Chunk]) -> Vectors:
        nonlocal embedded
        missing = [chunk for chunk in page if chunk.id not in trusted]
        if missing:
            made = embed(missing)
            trusted.update(zip((chunk.id for chunk in missing), made, strict=True))
            embedded += len(missing)
        return np.stack([trusted.pop(chunk.id) for chunk in page])

    _replace(chroma, files, facts, vectors)
    return embedded


def compact_collection(chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts) -> None:
    """Replace the collection by one whose index has no deleted rows; nothing happens if a vector cannot be read."""
    kept = chroma_files.salvage_all(files.folder(facts.segment_id))
    if len(kept) >= facts.rows:
        _replace(chroma, files, facts, lambda page: np.stack([kept[chunk.id] for chunk in page]))


def _replace(
    chroma: ChromaCollections,
    files: StoreFiles,
    facts: SegmentFacts,
    vectors: Callable[[list[Chunk]], Vectors],
) -> None:
    new_name = rebuilt_of(facts.collection)
    for unfinished in chroma_sql.facts(files.root, new_name):  # of an attempt that failed
        drop_collection(chroma, files, unfinished)
    chroma.create(new_name, dict(chroma.metadata(facts.collection)))
    for page in chroma.pages(facts.collection):
        chroma.upsert(new_name, page, vectors(page))
    take_place(chroma, files, facts, new_name)


def take_place(chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts, new_name: str) -> None:
    """Let a complete collection take the place of the old one of `facts`."""
    chroma.settle(new_name)
    for made in chroma_sql.facts(files.root, new_name):
        files.blank_unused(made.segment_id)
    drop_collection(chroma, files, facts)
    chroma.rename(new_name, facts.collection)


def finish_rebuilds(chroma: ChromaCollections, files: StoreFiles, known: Iterable[SegmentFacts]) -> list[SegmentFacts]:
    """After a start: end the rebuilds that were interrupted; return the collections as they are now.

    The old collection is removed only when the new one is complete: if both are there, the new one is not. A rebuild
    may have been interrupted while a successor grew, but not the other way round: so the rebuilt ones come first.
    """
    by_name = {facts.collection: facts for facts in known}
    for prefix in (_REBUILT, _SUCCESSOR):
        for name in [name for name in by_name if name.startswith(prefix)]:
            facts, original = by_name.pop(name), name.removeprefix(prefix)
            if original in by_name:
                drop_collection(chroma, files, facts)
            else:
                chroma.rename(name, original)
                by_name[original] = dataclasses.replace(facts, collection=original)
    return list(by_name.values())
