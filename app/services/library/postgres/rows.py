"""Parts and vectors as the database's values, and back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row

from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma.collections import Nearest


def as_text(vector: Vectors) -> str:
    """Return a vector as the database reads it, without losing a bit."""
    return f"[{','.join(map(repr, vector.tolist()))}]"


def as_vector(value: str) -> Vectors:
    """Return a vector that the database gave as text."""
    return np.array(json.loads(value), np.float32)


def columns_of(chunk: Chunk) -> dict[str, object]:
    """Return the columns that hold a part, without its vector."""
    return {
        "document": chunk.document_id,
        "place": chunk.index,
        "body": chunk.text,
        "page": chunk.page,
        "section": chunk.section,
        "source": chunk.source,
        "starts": chunk.start,
        "ends": chunk.end,
        "sections": list(chunk.sections),
        "head": chunk.head,
        "number": chunk.number,
    }


def as_chunks(rows: Iterable[Row[Any]]) -> list[Chunk]:
    """Return parts as they were stored."""
    return [
        Chunk(
            document_id=row.document_id,
            index=row.place,
            text=row.body,
            page=row.page,
            section=row.section,
            source=row.source,
            start=row.starts,
            end=row.ends,
            sections=tuple(row.sections),
            head=row.head,
            number=row.number,
        )
        for row in rows
    ]


def places_of(ids: Sequence[str]) -> Mapping[str, object]:
    """Return the ids of parts as a statement takes them."""
    split = [name.rpartition(":") for name in ids]
    return {"documents": [document for document, _, _ in split], "places": [int(place) for _, _, place in split]}


def as_nearest(rows: Iterable[Row[Any]]) -> Nearest:
    """Return what a search for the nearest parts has found."""
    found = list(rows)
    # A vector without a length is at no angle to anything.
    cosines = 1.0 - np.nan_to_num(np.array([row.distance for row in found], np.float32), nan=1.0)
    return Nearest([row.id for row in found], np.clip(cosines, -1.0, 1.0))
