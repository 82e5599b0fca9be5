"""Where a page of a list by time ended, as the opaque word that continues it."""

from app.common.errors import InvalidInput

Place = tuple[float, str]
"""When the last thing of the page was made, in seconds since the epoch, and its id."""


def encode_place(place: Place) -> str:
    """Return the cursor that continues behind `place`."""
    created_at, name = place
    return f"{created_at.hex()}:{name}"


def decode_place(cursor: str) -> Place | None:
    """Return the place a cursor stands for, None for the beginning (an empty cursor). Raises InvalidInput."""
    if not cursor:
        return None
    created_at, _, name = cursor.partition(":")
    try:
        return float.fromhex(created_at), name
    except (ValueError, OverflowError) as exc:
        raise InvalidInput(
            "cursor must be the next_cursor of an earlier answer, unchanged.", code="invalid_cursor"
        ) from exc
