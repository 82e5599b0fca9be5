"""Documents' metadata and tags between the wire and the services."""

from typing import Any

from app.common.labels import LabelPatch, Labels
from app.schemas.labels import LabelChange


def labelled(labels: Labels) -> dict[str, Any]:
    """Return the fields of what is labelled."""
    return {"metadata": labels.metadata, "tags": list(labels.tags)}


def label_patch(body: LabelChange) -> LabelPatch:
    """Return the change that is asked for. What was left out stays; null removes."""
    clear = "metadata" in body.model_fields_set and body.metadata is None
    tags = body.tags if body.tags is not None or "tags" not in body.model_fields_set else ()
    return LabelPatch(body.metadata or {}, clear=clear, tags=tags)
