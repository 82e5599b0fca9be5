"""Upkeep of the store's folder: putting it in order at the start, removing and rebuilding collections."""

import dataclasses
import logging
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from app.common.errors import StartupError
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.files import StoreFiles
from app.services.chroma.sql import SegmentFacts

_PREFIX = "rebuilt_"

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


def drop_collection(chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts) -> None:
    """Remove a collection and its files; a start after a crash in between finishes it."""
    files.note_going(facts.segment_id)
    chroma.drop(facts.collection)
    files.remove(facts.segment_id)


def rebuild_collection(
    chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts, metadata: dict[str, Any], embed: Embed
) -> int:
    """Replace the collection by a new one with `metadata`; return how many texts had to be embedded.

    Vectors are kept where they can be trusted and were made under the same metadata. The caller keeps other
    writers away. Whatever moment the process ends at, `finish_rebuilds` brings back the old or the new one whole.
    """
    same = chroma.metadata(facts.collection) == metadata
    trusted = chroma_files.salvage_all(files.folder(facts.segment_id)) if same else {}
    embedded = 0

    def vectors(page: list[Chunk]) -> Vectors:
        nonlocal embedded
        missing = [chunk for chunk in page if chunk.id not in trusted]
        if missing:
            made = embed(missing)
            trusted.update(zip((chunk.id for chunk in missing), made, strict=True))
            embedded += len(missing)
        return np.stack([trusted.pop(chunk.id) for chunk in page])

    _replace(chroma, files, facts, metadata, vectors)
    return embedded


def compact_collection(
    chroma: ChromaCollections, files: StoreFiles, facts: SegmentFacts, metadata: dict[str, Any]
) -> None:
    """Replace the collection by one whose index has no deleted rows; nothing happens if a vector cannot be read."""
    kept = chroma_files.salvage_all(files.folder(facts.segment_id))
    if len(kept) >= facts.rows:
        _replace(chroma, files, facts, metadata, lambda page: np.stack([kept[chunk.id] for chunk in page]))


def _replace(
    chroma: ChromaCollections,
    files: StoreFiles,
    facts: SegmentFacts,
    metadata: dict[str, Any],
    vectors: Callable[[list[Chunk]], Vectors],
) -> None:
    new_name = _PREFIX + facts.collection
    for unfinished in chroma_sql.facts(files.root, new_name):  # of an attempt that failed
        drop_collection(chroma, files, unfinished)
    chroma.create(new_name, metadata)
    for page in chroma.pages(facts.collection):
        chroma.upsert(new_name, page, vectors(page))
    chroma.settle(new_name)
    for made in chroma_sql.facts(files.root, new_name):
        files.blank_unused(made.segment_id)
    drop_collection(chroma, files, facts)
    chroma.rename(new_name, facts.collection)


def finish_rebuilds(chroma: ChromaCollections, files: StoreFiles, known: Iterable[SegmentFacts]) -> list[SegmentFacts]:
    """After a start: end the rebuilds that were interrupted; return the collections as they are now.

    The old collection is removed only when the new one is complete: if both are there, the new one is not.
    """
    by_name = {facts.collection: facts for facts in known}
    for name in [name for name in by_name if name.startswith(_PREFIX)]:
        facts, original = by_name.pop(name), name.removeprefix(_PREFIX)
        if original in by_name:
            drop_collection(chroma, files, facts)
        else:
            chroma.rename(name, original)
            by_name[original] = dataclasses.replace(facts, collection=original)
    return list(by_name.values())
