"""The ids by which callers name messages.

An id is made from what its session is, and from the message's number in it: it tells nothing of other clients, needs
no column, and never stands for a message of a later session of the same name.
"""

import hashlib
import json
import re

from app.common.ids import ClientId

_FORM = re.compile(r"msg_[0-9a-f]{16}_([1-9][0-9]{0,8})")


def message_id(client_id: ClientId, session_id: str, begun: float, number: int) -> str:
    """Return the id of message `number` in the session that was created at `begun`."""
    # SQLite gives whole numbers out as integers where a statement returns what it has changed.
    session = json.dumps([client_id, session_id, float(begun)])
    return f"msg_{hashlib.sha256(session.encode()).hexdigest()[:16]}_{number}"


def number_in(wanted: str) -> int:
    """Return the number that an id names, and 0, which no message has, for what is no id of ours."""
    found = _FORM.fullmatch(wanted)
    return int(found[1]) if found else 0
