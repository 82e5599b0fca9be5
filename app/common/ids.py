"""Identifiers: who owns what. Only the parsers here make them from strings of strangers."""

import re
import secrets
from typing import NewType

from app.common.errors import InvalidInput

ClientId = NewType("ClientId", str)

DEFAULT_CLIENT = ClientId("default")
"""Used only when a caller of the Python API names no client."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_SESSION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


def parse_client_id(value: str) -> ClientId:
    """Return `value` as a ClientId, or raise InvalidInput. Names are never mapped or trimmed, so two never meet."""
    if not _CLIENT_ID.fullmatch(value) or ".." in value:
        raise InvalidInput(
            "client_id must be 3 to 63 letters, digits, dots, dashes or underscores, "
            "begin and end with a letter or digit, and hold no two dots in a row.",
            code="invalid_client_id",
        )
    return ClientId(value)


def parse_session_id(value: str) -> str:
    """Return `value` if it can name a session, or raise InvalidInput."""
    if not _SESSION_ID.fullmatch(value):
        raise InvalidInput(
            "session_id must be 1 to 128 letters, digits, dots, dashes, underscores, colons or at signs "
            "and begin with a letter or digit.",
            code="invalid_session_id",
        )
    return value


def new_client_id() -> ClientId:
    """Return an id that nobody can guess: `client_` and 16 hex digits (64 bits)."""
    return ClientId(f"client_{secrets.token_hex(8)}")


def new_id(prefix: str) -> str:
    """Return `prefix_` and 24 hex digits (96 bits), for documents, jobs and keys."""
    return f"{prefix}_{secrets.token_hex(12)}"


def new_request_id() -> str:
    """Return 16 hex digits (64 bits) that stand for one request in answers and logs."""
    return secrets.token_hex(8)
