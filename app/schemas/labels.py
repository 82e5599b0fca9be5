"""Documents' metadata and tags on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MetadataValues = Annotated[
    # As it was checked when it was stored: a union of types would turn some values into others.
    dict[str, Any],
    BeforeValidator(lambda held: {key: list(one) if isinstance(one, tuple) else one for key, one in held.items()}),
    Field(
        description="As given with the file or changed since: texts, numbers, true or false, dates as text, "
        "lists of texts.",
        examples=[{"year": 2026, "language": "de", "valid_until": "2027-12-31"}],
    ),
]
Tags = Annotated[list[str], Field(description="In the order given.", examples=[["contract", "archived"]])]


class Labelled(BaseModel):
    """What is noted about a document."""

    metadata: MetadataValues
    tags: Tags


class LabelChange(BaseModel):
    """A change of metadata and tags, as a JSON merge patch (RFC 7396)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"metadata": {"year": 2027, "draft": None}, "tags": ["final"]}]}
    )

    metadata: Mapping[str, Any] | None = Field(
        None, description="Each key is set, or removed where its value is null; the others stay. Null removes all."
    )
    tags: list[Any] | None = Field(None, description="The new tags, in the place of all there are. Null removes all.")
