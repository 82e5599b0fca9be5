"""Documents' metadata and tags in SQL: as they are shown, and a row for each value that a filter may look at."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app.common.absent import no_such_document
from app.common.dates import moment_of
from app.common.errors import Conflict
from app.common.filters import METADATA, PassageFilter
from app.common.ids import ClientId
from app.common.labels import Labels, MetadataValue
from app.common.sql import SqlDatabase
from app.services.catalog.schema import document_values, documents
from app.services.catalog.selecting import condition

_SOME = 500
"""How many ids go into one statement."""


class DocumentLabels:
    """Reads and changes labels, and selects documents by them. Safe to use from any thread."""

    def __init__(self, database: SqlDatabase, *, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock

    def select(self, client_id: ClientId, where: PassageFilter | None = None) -> dict[str, int]:
        """Return how many parts are stored of each of the client's ready documents that `where` lets through.

        `where` is a checked filter about documents.
        """
        columns = documents.c.document_id, documents.c.part_count, documents.c.chunk_count
        query = select(*columns).where(documents.c.client_id == client_id, documents.c.status == "ready")
        if where is not None:
            query = query.where(condition(client_id, where))
        rows = self._db.rows(query, {}, client_id)
        return {name: chunks if parts is None else parts for name, parts, chunks in rows}

    def of(self, client_id: ClientId, document_ids: Collection[str]) -> dict[str, Labels]:
        """Return the labels of those of the client's documents that are there."""
        ids, found = list(document_ids), {}
        columns = documents.c.document_id, documents.c["metadata"], documents.c.tags
        for start in range(0, len(ids), _SOME):
            some = documents.c.document_id.in_(ids[start : start + _SOME])
            rows = self._db.rows(select(*columns).where(documents.c.client_id == client_id, some), {}, client_id)
            found.update({name: labels_of(values, tags) for name, values, tags in rows})
        return found

    def change(self, client_id: ClientId, document_id: str, change: Callable[[Labels], Labels]) -> None:
        """Give a document the labels that `change` makes of its own, in one transaction.

        Raises NotFound, Conflict while the document is not ready, and what `change` raises; then nothing changes.
        """
        this = documents.c.client_id == client_id, documents.c.document_id == document_id
        columns = documents.c.status, documents.c["metadata"], documents.c.tags
        with self._db.write(client_id) as connection:
            row = connection.execute(select(*columns).where(*this).with_for_update()).first()
            if row is None:
                raise no_such_document()
            if row.status != "ready":
                raise not_ready()
            columns_after = label_columns(labels := change(labels_of(row.metadata, row.tags)))
            if json.dumps(columns_after) == json.dumps({"metadata": row.metadata, "tags": row.tags}):
                return
            values = {**columns_after, "updated_at": self._clock()}
            connection.execute(update(documents).where(*this).values(values))
            connection.execute(delete(document_values).where(document_values.c.document_id == document_id))
            insert_values(connection, client_id, document_id, labels)


def not_ready() -> Conflict:
    """Return the error about a document that cannot be looked into or changed at the moment."""
    return Conflict("This document is being written or deleted; look again shortly.", code="document_not_ready")


def labels_of(metadata: Mapping[str, Any], tags: Sequence[str]) -> Labels:
    """Return the labels that the columns of a document hold."""
    return Labels({key: tuple(one) if isinstance(one, list) else one for key, one in metadata.items()}, tuple(tags))


def label_columns(labels: Labels) -> dict[str, object]:
    """Return the columns of a document that hold its labels."""
    return {"metadata": dict(labels.metadata), "tags": list(labels.tags)}


def insert_values(connection: Connection, client_id: ClientId, document_id: str, labels: Labels) -> None:
    """Write what filters look at of a document that has none yet."""
    rows = [{"client_id": client_id, "document_id": document_id, **row} for row in _rows(labels)]
    if rows:
        connection.execute(insert(document_values), rows)


def _rows(labels: Labels) -> Iterator[dict[str, object]]:
    fields: dict[str, MetadataValue] = {f"{METADATA}{key}": value for key, value in labels.metadata.items()}
    for field, value in {**fields, "tags": labels.tags}.items():
        listed = isinstance(value, tuple)
        for position, one in enumerate(value if isinstance(value, tuple) else [value]):
            yield {"field": field, "position": position, "listed": int(listed), **_columns(one)}


def _columns(value: str | float) -> dict[str, object]:
    if isinstance(value, str):
        moment = moment_of(value)
        return {"kind": "text" if moment is None else "date", "text": value, "number": moment}
    return {"kind": "boolean" if isinstance(value, bool) else "number", "text": None, "number": float(value)}
