"""Cursors: the opaque words by which a list continues after the last entry of a page.

A cursor holds what its list is ordered by, joined by colons: a client's id, an offset, or a moment with the names that
tell entries of one moment apart. Only the last name may hold a colon itself.
"""

import re

from app.common.errors import InvalidInput

Place = tuple[float, str]
"""When an entry was made, in seconds since the epoch, and its id."""

_NAME = r"[A-Za-z0-9._:@-]{1,128}"
_MOMENT = r"-?0x[01]\.[0-9a-f]{1,13}p(\+[0-9]{1,3}|-[0-9]{1,4})"

# Each is told to programs as well: whatever fits it continues a list somewhere.
OFFSET_FORM = r"[0-9]{0,9}"
PLACE_FORM = rf"{_MOMENT}:{_NAME}"
CLIENT_PLACE_FORM = rf"{_MOMENT}:[A-Za-z0-9._@-]{{1,128}}:{_NAME}"
RATED_FORM = rf"{_MOMENT}:[0-9]{{1,9}}:{_NAME}"


def encode_offset(offset: int) -> str:
    """Return the cursor that continues with entry number `offset`, counted from 0."""
    return str(offset)


def decode_offset(cursor: str) -> int:
    """Return the offset that a cursor stands for, 0 for an empty one. Raises InvalidInput."""
    _require(cursor, OFFSET_FORM)
    return int(cursor or 0)


def encode_place(moment: float, *names: str) -> str:
    """Return the cursor that continues after the entry of this moment and these names."""
    return ":".join((float(moment).hex(), *names))


def decode_place(cursor: str) -> Place | None:
    """Return the place that a cursor stands for, None for an empty one. Raises InvalidInput."""
    if not cursor:
        return None
    _require(cursor, PLACE_FORM)
    moment, name = cursor.split(":", 1)
    return float.fromhex(moment), name


def decode_client_place(cursor: str) -> tuple[float, str, str]:
    """Return the moment, the client and the name that a cursor of many clients' entries stands for.

    Raises InvalidInput, for an empty cursor too.
    """
    _require(cursor, CLIENT_PLACE_FORM)
    moment, client_id, name = cursor.split(":", 2)
    return float.fromhex(moment), client_id, name


def decode_rated(cursor: str) -> tuple[float, int, str]:
    """Return the moment, the position and the session that a cursor of rated answers stands for.

    Raises InvalidInput, for an empty cursor too.
    """
    _require(cursor, RATED_FORM)
    moment, position, session_id = cursor.split(":", 2)
    return float.fromhex(moment), int(position), session_id


def _require(cursor: str, form: str) -> None:
    if not re.fullmatch(form, cursor, re.ASCII):
        raise InvalidInput("cursor must be the next_cursor of an earlier answer, unchanged.", code="invalid_cursor")
