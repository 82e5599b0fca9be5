"""Marks in schemas for what depends on settings: app/openapi.py puts into the document what they stand for."""

from typing import Any

AT_MOST = "x-at-most"
NEEDED = "x-needed-without-keys"
AS_JSON = "x-as-json"


def at_most(keyword: str, setting: str) -> dict[str, Any]:
    """Mark a schema whose bound, such as maxLength, is the value of a setting."""
    return {AT_MOST: {keyword: setting}}


NEEDED_WITHOUT_KEYS: dict[str, Any] = {NEEDED: True}
"""Marks a property or parameter that may be left out only by whoever has a client's key, so never in open mode."""


def as_json(form: dict[str, Any]) -> dict[str, Any]:
    """Mark a query parameter that is JSON of this form in a text."""
    return {AS_JSON: form}
