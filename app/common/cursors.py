"""Cursors: the opaque words by which a list continues after the last entry of a page.

A cursor holds what its list is ordered by, joined by colons: a client's id, an offset, or a moment with the names that
tell entries of one moment apart. Only the last name may hold a colon itself.
"""

import re

from app.common.errors import InvalidInput

Place = tuple[float, str]
"""When an entry was made, in seconds since the epoch, and its id."""

_OFFSET = re.compile(r"[0-9]{1,9}")


def encode_offset(offset: int) -> str:
    """Return the cursor that continues with entry number `offset`, counted from 0."""
    return str(offset)


def decode_offset(cursor: str) -> int:
    """Return the offset that a cursor stands for, 0 for an empty one. Raises InvalidInput."""
    if not cursor:
        return 0
    if not _OFFSET.fullmatch(cursor):
        raise _not_ours()
    return int(cursor)


def encode_place(moment: float, *names: str) -> str:
    """Return the cursor that continues after the entry of this moment and these names."""
    return ":".join((float(moment).hex(), *names))


def decode_place(cursor: str) -> Place | None:
    """Return the place that a cursor stands for, None for an empty one. Raises InvalidInput."""
    if not cursor:
        return None
    moment, name = _fields(cursor, 2)
    return _moment(moment), name


def decode_client_place(cursor: str) -> tuple[float, str, str]:
    """Return the moment, the client and the name that a cursor of many clients' entries stands for.

    Raises InvalidInput, for an empty cursor too.
    """
    moment, client_id, name = _fields(cursor, 3)
    return _moment(moment), client_id, name


def _fields(cursor: str, count: int) -> list[str]:
    fields = cursor.split(":", count - 1)
    if len(fields) != count:
        raise _not_ours()
    return fields


def _moment(field: str) -> float:
    try:
        return float.fromhex(field)
    except (ValueError, OverflowError) as exc:
        raise _not_ours() from exc


def _not_ours() -> InvalidInput:
    return InvalidInput("cursor must be the next_cursor of an earlier answer, unchanged.", code="invalid_cursor")
