"""What naming a document for its client's vector store does: it is there already, and gets the attributes given."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.common.ids import ClientId
from app.common.labels import LabelPatch, Labels
from app.openai.stores.schemas import FileRequest
from app.services.catalog.records import DocumentRecord
from app.services.tenants.documents import DocumentService

_TAGS = "tags"


def attach(documents: DocumentService, owner: ClientId, wanted: Sequence[FileRequest]) -> list[DocumentRecord]:
    """Set the attributes that are given and return the documents.

    Raises NotFound for a file that the client does not have and InvalidInput for attributes that cannot be, before
    anything is changed, and Conflict for attributes of a document that is not ready.
    """
    records = [documents.get(owner, one.file_id) for one in wanted]
    patches = [
        attribute_patch(one.attributes, record.labels) if one.attributes else None
        for one, record in zip(wanted, records, strict=True)
    ]
    found = list(zip(records, patches, strict=True))
    for record, patch in found:
        if patch is not None:
            patch.applied_to(record.labels)
    return [record if patch is None else documents.relabel(owner, record.document_id, patch) for record, patch in found]


def attribute_patch(attributes: Mapping[str, Any] | None, held: Labels) -> LabelPatch:
    """Return the change that puts attributes in the place of the metadata that is held.

    Attributes show a list as a text with commas: one that comes back as it was shown stays a list. Tags stay unless
    `tags` says otherwise.
    """
    given = dict(attributes or {})
    tags = given.pop(_TAGS, None)
    return LabelPatch({key: _as_held(held, key, value) for key, value in given.items()}, clear=True, tags=_tags(tags))


def _as_held(held: Labels, key: str, value: object) -> object:
    before = held.metadata.get(key)
    return before if isinstance(before, tuple) and ", ".join(before) == value else value


def _tags(given: object) -> Sequence[object] | None:
    if isinstance(given, str):
        return [tag for tag in given.split(",") if tag.strip()]
    return given if given is None or isinstance(given, list) else [given]
