"""The opaque words that continue a list of sessions."""

import base64
import json

from app.common.errors import InvalidInput
from app.memory import SessionInfo


def encode_cursor(last: SessionInfo) -> str:
    """Return the cursor that continues after `last`."""
    place = json.dumps([last.expires_at, last.client_id, last.session_id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[float, str, str]:
    """Return the (expires_at, client_id, session_id) that a cursor stands for. Raises InvalidInput."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        expires_at, client_id, session_id = json.loads(base64.urlsafe_b64decode(padded))
        return float(expires_at), str(client_id), str(session_id)
    except (ValueError, TypeError) as exc:
        raise InvalidInput(
            "cursor must be the next_cursor of an earlier answer, unchanged.", code="invalid_cursor"
        ) from exc
