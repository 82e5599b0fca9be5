"""Identifiers on the wire: their form is stated here for programs, and checked by the parsers of app/common/ids.py."""

from typing import Annotated, Any

from pydantic import WithJsonSchema

CLIENT_ID: dict[str, Any] = {
    "type": "string",
    "minLength": 3,
    "maxLength": 63,
    # No two dots in a row, letters or digits at both ends.
    "pattern": r"^[A-Za-z0-9](\.?[A-Za-z0-9_-])*\.?[A-Za-z0-9]$",
}
SESSION_ID: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "pattern": r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$",
}

NamedClient = Annotated[str, WithJsonSchema(CLIENT_ID)]
NamedSession = Annotated[
    str,
    # Programs send an empty text for a new conversation.
    WithJsonSchema({"type": "string", "maxLength": 128, "pattern": r"^([A-Za-z0-9][A-Za-z0-9._:@-]*)?$"}),
]
