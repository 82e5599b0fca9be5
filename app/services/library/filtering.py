"""Which parts a filter lets through, for the leg of words: by number, where the index of words knows enough."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.common.filters import Comparison, Compound, PassageFilter, Scalar
from app.services.words.index import Document
from app.services.words.postings import Facts

Mask = NDArray[np.bool_]

_COLUMNS: Mapping[str, str] = {"page": "page", "chunk_index": "chunk"}
_COMPARE: Mapping[str, Callable[[Any, Any], Mask]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def is_numbered(where: PassageFilter) -> bool:
    """Whether `mask_of` can say which parts a filter lets through; filters on texts are the store's to answer."""
    if isinstance(where, Compound):
        return all(map(is_numbered, where.parts))
    return where.field == "document_id" or where.field in _COLUMNS


def mask_of(where: PassageFilter, documents: Sequence[Document], facts: Facts) -> Mask:
    """Return which parts a filter that `is_numbered` lets through, over all numbers."""
    if isinstance(where, Compound):
        combine = np.logical_and if where.operator == "and" else np.logical_or
        return reduce(combine, (mask_of(part, documents, facts) for part in where.parts))
    if where.field == "document_id":
        return _of_documents(where, documents, len(facts))
    column = facts[_COLUMNS[where.field]]
    if where.operator in ("in", "nin"):
        return np.isin(column, list(_values(where)), invert=where.operator == "nin")
    return _COMPARE[where.operator](column, where.value)


def mask_of_ids(ids: Sequence[str], documents: Sequence[Document], total: int) -> Mask:
    """Return a mask of `total` numbers that lets the parts of these ids through."""
    first_of = {document.document_id: document.first for document in documents}
    mask = np.zeros(total, np.bool_)
    places = (name.rpartition(":") for name in ids)
    numbers = [first_of[document] + int(place) for document, _, place in places if document in first_of]
    mask[[number for number in numbers if number < total]] = True
    return mask


def _of_documents(where: Comparison, documents: Sequence[Document], total: int) -> Mask:
    wanted = set(_values(where))
    mask = np.zeros(total, np.bool_)
    for document in documents:
        if (document.document_id in wanted) == (where.operator in ("eq", "in")):
            mask[document.first : document.first + document.count] = True
    return mask


def _values(where: Comparison) -> Sequence[Scalar]:
    return [where.value] if isinstance(where.value, Scalar) else where.value
