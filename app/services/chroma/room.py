"""How much of a disk Chroma takes for what is to be stored, with its logs: measured, and on the safe side."""

from collections.abc import Sequence

from app.common.passages import Chunk
from app.common.vectors import Vectors

_EACH_WRITE = 1 << 20
_TEXT = 16
"""A text is in the log, in the table, in the index of trigrams, and in SQLite's own log of all three."""
_VECTOR = 5
_USUAL_CHUNK = 24_000


def room_for(chunks: Sequence[Chunk], vectors: Vectors) -> int:
    """Return the bytes to have at hand before these are written."""
    return _EACH_WRITE + _TEXT * sum(len(chunk.text) for chunk in chunks) + _VECTOR * vectors.nbytes


def usual_room(chunks: int) -> int:
    """Return the bytes that so many chunks of the usual size take; 0 for none."""
    return _USUAL_CHUNK * chunks
