"""Documents' metadata and tags on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.common.labels import MAX_KEY, MAX_KEYS, MAX_LIST, MAX_NUMBER, MAX_TAG, MAX_TEXT

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

_UNPRINTABLE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"


def _line(longest: int, without: str = "") -> str:
    """Return the expression of a line that has no spaces at its ends, and none of some characters in it."""
    inner, end = f"[^{without}{_UNPRINTABLE}]", rf"[^\s{without}{_UNPRINTABLE}]"
    return f"{end}({inner}{{0,{longest - 2}}}{end})?"


_TEXT = {"type": "string", "maxLength": MAX_TEXT, "pattern": r"^[^\u0000]*$"}
_VALUES = [
    _TEXT,
    {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER},
    {"type": "boolean"},
    {"type": "array", "items": _TEXT, "maxItems": MAX_LIST},
]
METADATA: dict[str, Any] = {
    "type": "object",
    "maxProperties": MAX_KEYS,
    "propertyNames": {"pattern": f"^{_line(MAX_KEY)}$"},
    "additionalProperties": {"anyOf": _VALUES},
    "examples": [{"year": 2026, "language": "de", "valid_until": "2027-12-31"}],
}
"""What may be noted about a document, for programs; app/common/labels.py checks it."""
_CHANGES = {**METADATA, "additionalProperties": {"anyOf": [*_VALUES, {"type": "null"}]}}
_TAG = {"type": "string", "pattern": rf"^\s*{_line(MAX_TAG, ',')}\s*$"}

Tags = Annotated[list[str], Field(description="In the order given.", examples=[["contract", "archived"]])]


class Labelled(BaseModel):
    """What is noted about a document."""

    metadata: MetadataValues
    tags: Tags


def _or_null(form: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [form, {"type": "null"}]})


class LabelChange(BaseModel):
    """A change of metadata and tags, as a JSON merge patch (RFC 7396)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"metadata": {"year": 2027, "draft": None}, "tags": ["final"]}]}
    )

    metadata: Annotated[Mapping[str, Any] | None, _or_null(_CHANGES)] = Field(
        None, description="Each key is set, or removed where its value is null; the others stay. Null removes all."
    )
    tags: Annotated[list[Any] | None, _or_null({"type": "array", "items": _TAG})] = Field(
        None, description="The new tags, in the place of all there are. Null removes all."
    )
