"""Upkeep of the store's folder: putting it in order at the start, removing and rebuilding collections."""

import dataclasses
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from app.common.passages import Chunk
from app.services import chroma_files, chroma_sql
from app.services.chroma_collections import ChromaCollections, Vectors
from app.services.chroma_sql import SegmentFacts

_PREFIX = "rebuilt_"

Embed = Callable[[list[str]], Vectors]

logger = logging.getLogger(__name__)


def prepare_folder(path: Path, cache_size: int) -> list[SegmentFacts]:
    """Put Chroma's files in order while it has them closed; return the collections in them."""
    path.mkdir(parents=True, exist_ok=True)
    try:
        known = chroma_sql.prepare(path)
    except chroma_sql.MaintenanceFailed:  # a new folder, or one whose first start did not get far
        ChromaCollections(path, cache_size).close()
        known = chroma_sql.prepare(path)
    orphans = chroma_files.remove_orphans(path, {facts.segment_id for facts in known})
    if orphans:
        logger.warning("index folders of deleted collections removed", extra={"folders": orphans})
    return known


def drop_collection(chroma: ChromaCollections, root: Path, facts: SegmentFacts) -> None:
    """Remove a collection and its files."""
    chroma.drop(facts.collection)
    chroma_files.remove_segment(root / facts.segment_id)


def rebuild_collection(
    chroma: ChromaCollections, root: Path, facts: SegmentFacts, metadata: dict[str, Any], embed: Embed
) -> int:
    """Replace the collection by a new one with `metadata`; return how many texts had to be embedded.

    Vectors are kept where they can be trusted and were made under the same metadata. The caller keeps other
    writers away. Whatever moment the process ends at, `finish_rebuilds` brings back the old or the new one whole.
    """
    same = chroma.metadata(facts.collection) == metadata
    trusted = chroma_files.salvage_all(root / facts.segment_id) if same else {}
    embedded = 0

    def vectors(page: list[Chunk]) -> Vectors:
        nonlocal embedded
        missing = [chunk for chunk in page if chunk.id not in trusted]
        if missing:
            made = embed([chunk.text for chunk in missing])
            trusted.update(zip((chunk.id for chunk in missing), made, strict=True))
            embedded += len(missing)
        return np.stack([trusted.pop(chunk.id) for chunk in page])

    _replace(chroma, root, facts, metadata, vectors)
    return embedded


def compact_collection(chroma: ChromaCollections, root: Path, facts: SegmentFacts, metadata: dict[str, Any]) -> None:
    """Replace the collection by one whose index has no deleted rows; nothing happens if a vector cannot be read."""
    kept = chroma_files.salvage_all(root / facts.segment_id)
    if len(kept) >= facts.rows:
        _replace(chroma, root, facts, metadata, lambda page: np.stack([kept[chunk.id] for chunk in page]))


def _replace(
    chroma: ChromaCollections,
    root: Path,
    facts: SegmentFacts,
    metadata: dict[str, Any],
    vectors: Callable[[list[Chunk]], Vectors],
) -> None:
    new_name = _PREFIX + facts.collection
    for unfinished in chroma_sql.facts(root, new_name):  # of an attempt that failed
        drop_collection(chroma, root, unfinished)
    chroma.create(new_name, metadata)
    for page in chroma.pages(facts.collection):
        chroma.upsert(new_name, page, vectors(page))
    chroma.settle(new_name)
    for made in chroma_sql.facts(root, new_name):
        chroma_files.blank_unused(root / made.segment_id)
    drop_collection(chroma, root, facts)
    chroma.rename(new_name, facts.collection)


def finish_rebuilds(chroma: ChromaCollections, root: Path, known: Iterable[SegmentFacts]) -> list[SegmentFacts]:
    """After a start: end the rebuilds that were interrupted; return the collections as they are now.

    The old collection is removed only when the new one is complete: if both are there, the new one is not.
    """
    by_name = {facts.collection: facts for facts in known}
    for name in [name for name in by_name if name.startswith(_PREFIX)]:
        facts, original = by_name.pop(name), name.removeprefix(_PREFIX)
        if original in by_name:
            drop_collection(chroma, root, facts)
        else:
            chroma.rename(name, original)
            by_name[original] = dataclasses.replace(facts, collection=original)
    return list(by_name.values())
