"""The bytes of an index of words: what is kept of each part, and which parts have a term how often."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096
"""Parts in a block: their places fit 16 bits, and a row of postings takes at most 12 kB."""

FACTS = np.dtype(
    [
        ("words", "<u2"),  # number of words; 0: the part is no more
        ("size", "<u2"),  # parts in its group
        ("kind", "<u4"),  # WHOLE, PAGED or 0
        ("group", "<u4"),  # number of the first part of its group
        ("leaf", "<u4"),  # number of the first part of its page
        ("page", "<u4"),
        ("chunk", "<u4"),  # which chunk of its document the part belongs to
        ("start", "<u4"),  # place in the document's text, in characters
        ("end", "<u4"),
        ("norm", "<f4"),  # length of the sum of its group's vectors, each times its characters
    ]
)
WHOLE, PAGED = 1, 2
"""Kinds of parts: of a short document, which is one group and is returned whole; of a document of several pages."""

Facts = NDArray[np.void]
Numbers = NDArray[np.int64]
Postings = tuple[Numbers, NDArray[np.float32]]
"""Numbers of the parts that have a term, rising, and how often each has it."""

Piece = tuple[Numbers, NDArray[np.uint8]]
"""The same of one block, with the counts as they are stored."""

_GREATEST_COUNT = 255
ENTRY_BYTES = 3
"""A place and a count."""


def blocks(first: int, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield (block, start, end): which of the `count` parts from number `first` on lie in which block."""
    start = 0
    while start < count:
        block = (first + start) // BLOCK
        end = min(count, (block + 1) * BLOCK - first)
        yield block, start, end
        start = end


def in_blocks(first: int, parts: Sequence[Sequence[str]]) -> Iterator[tuple[int, dict[str, list[tuple[int, int]]]]]:
    """Yield each block that the terms of parts from number `first` on go to, with (place, count) pairs of each term."""
    for block, start, end in blocks(first, len(parts)):
        added: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place in range(start, end):
            for term, count in Counter(parts[place]).items():
                added[term].append((first + place - block * BLOCK, count))
        yield block, added


def extended(known: bytes, pairs: Sequence[tuple[int, int]]) -> bytes:
    """Return postings `known` with (place, count) appended; places only grow."""
    places = np.array([place for place, _ in pairs], np.uint16).tobytes()
    counts = bytes(min(count, _GREATEST_COUNT) for _, count in pairs)
    middle = len(known) // ENTRY_BYTES * 2
    return known[:middle] + places + known[middle:] + counts


def packed(places: NDArray[np.integer[Any]], counts: NDArray[np.uint8]) -> bytes:
    """Return a row of postings with these places in its block and counts."""
    return places.astype(np.uint16).tobytes() + counts.tobytes()


def decoded(data: bytes) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return the places in the block and the counts that a row of postings holds. Raises ValueError for damage."""
    size, rest = divmod(len(data), ENTRY_BYTES)
    places = np.frombuffer(data, np.uint16, size)
    if rest:
        raise ValueError("a row of postings is cut short")
    if (places >= BLOCK).any():
        raise ValueError("a row of postings leads beyond its block")
    return places, np.frombuffer(data, np.uint8, size, 2 * size)


def without(data: bytes, start: int, end: int) -> bytes | None:
    """Return postings without the places `start` to `end`; None when nothing changes."""
    places, counts = decoded(data)
    keep = (places < start) | (places >= end)
    if keep.all():
        return None
    return packed(places[keep], counts[keep])


def joined(pieces: Sequence[Piece]) -> Postings:
    """Return postings of several blocks as one, by number."""
    if len(pieces) == 1:
        return pieces[0][0], pieces[0][1].astype(np.float32)
    numbers, counts = zip(*pieces, strict=True)
    return np.concatenate(numbers), np.concatenate(counts).astype(np.float32)
