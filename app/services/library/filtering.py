"""Which parts of a client a filter lets through, before anything is ranked: for both legs of a search the same.

Conditions on documents are the catalog's to answer. Those on page and chunk are read off the facts of the index of
words; the vector store answers for sections, and for documents that the index lacks.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.common.filters import Comparison, Compound, PassageFilter, is_about_documents
from app.common.ids import ClientId
from app.services.catalog.labels import DocumentLabels
from app.services.chroma.collections import Nearest
from app.services.library.candidates import Numbering
from app.services.library.stores import VectorStore
from app.services.words.contents import Document

Mask = NDArray[np.bool_]

_COLUMNS: Mapping[str, str] = {"page": "page", "chunk_index": "chunk"}
_ORDER: Mapping[str, Callable[[Any, Any], Mask]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class Basis:
    """The ready documents that a filter may let through, with how many parts each has, at one moment."""

    parts: Mapping[str, int]
    whole: bool
    """Whether all their parts pass, so that nothing else has to be asked."""


class Filtering:
    """Evaluates checked filters over one client's parts. None lets all documents through that are ready."""

    def __init__(self, labels: DocumentLabels, store: VectorStore) -> None:
        self._labels = labels
        self._store = store

    def basis(self, client_id: ClientId, where: PassageFilter | None) -> Basis:
        """Ask the catalog which documents there are to look at. To be called before the words are read."""
        whole = where is None or is_about_documents(where)
        return Basis(self._labels.select(client_id, where if whole else None), whole)

    def mask(self, client_id: ClientId, where: PassageFilter | None, basis: Basis, numbering: Numbering) -> Mask:
        """Return which numbers a filter lets through; `numbering` includes the documents of the basis."""
        there = _mask_of_documents(basis.parts.keys(), numbering)
        if where is None or basis.whole:
            return there
        return there & self._evaluated(client_id, where, numbering)

    def _evaluated(self, client_id: ClientId, where: PassageFilter, numbering: Numbering) -> Mask:
        if is_about_documents(where):
            return _mask_of_documents(self._labels.select(client_id, where).keys(), numbering)
        if isinstance(where, Compound) and not _is_about_sections(where):
            combine = np.logical_and if where.operator == "and" else np.logical_or
            return reduce(combine, (self._evaluated(client_id, part, numbering) for part in _grouped(where)))
        if isinstance(where, Comparison) and where.field in _COLUMNS and not numbering.unindexed:
            return _compared(numbering.facts[_COLUMNS[where.field]], where)
        return mask_of_ids(self._store.matching(client_id, where), numbering.documents, len(numbering.facts))


def part_ids(mask: Mask, documents: Sequence[Document]) -> list[str]:
    """Return the ids of the parts that a mask over their numbers lets through."""
    ids: list[str] = []
    for document in documents:
        places = np.flatnonzero(mask[document.first : document.first + document.count])
        ids.extend(f"{document.document_id}:{place}" for place in places.tolist())
    return ids


def best_passing(nearest: Nearest, k: int, mask: Mask, documents: Sequence[Document]) -> Nearest:
    """Return the best `k` of what was found that a mask over the numbers of these documents' parts lets through."""
    first_of = {document.document_id: document.first for document in documents}
    kept: list[int] = []
    for rank, name in enumerate(nearest.ids):
        document, _, place = name.rpartition(":")
        number = first_of.get(document, len(mask)) + int(place)
        if number < len(mask) and mask[number]:
            kept.append(rank)
            if len(kept) == k:
                break
    return Nearest([nearest.ids[rank] for rank in kept], nearest.cosines[kept])


def mask_of_ids(ids: Sequence[str], documents: Sequence[Document], total: int) -> Mask:
    """Return a mask of `total` numbers that lets the parts of these ids through."""
    first_of = {document.document_id: document.first for document in documents}
    mask = np.zeros(total, np.bool_)
    places = (name.rpartition(":") for name in ids)
    numbers = [first_of[document] + int(place) for document, _, place in places if document in first_of]
    mask[[number for number in numbers if number < total]] = True
    return mask


def _is_about_sections(where: PassageFilter) -> bool:
    if isinstance(where, Compound):
        return all(map(_is_about_sections, where.parts))
    return where.field == "section"


def _grouped(where: Compound) -> list[PassageFilter]:
    """Return the parts of a compound, those that one store answers as one: it is asked once for all of them."""
    documents = [part for part in where.parts if is_about_documents(part)]
    sections = [part for part in where.parts if _is_about_sections(part)]
    others = [part for part in where.parts if part not in documents and part not in sections]
    return [*(Compound(where.operator, same) for same in (documents, sections) if same), *others]


def _mask_of_documents(wanted: Collection[str], numbering: Numbering) -> Mask:
    mask = np.zeros(len(numbering.facts), np.bool_)
    for document in numbering.documents:
        if document.document_id in wanted:
            mask[document.first : document.first + document.count] = True
    return mask


def _compared(column: NDArray[Any], where: Comparison) -> Mask:
    if where.operator in _ORDER:
        return _ORDER[where.operator](column, where.value)
    return np.isin(column, list(where.values), invert=where.operator in ("ne", "nin"))
