"""Chroma's vector index on disk: four files of hnswlib and the id map. Are they whole, what can be saved from them?

Chroma changes the files in place and reads them without looking, so that a half-written set can give wrong answers
or end the process.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from app.services.chroma.formats import UnknownFormat
from app.services.chroma.idmap import IdMap, read_id_map

HEADER_FILE = "header.bin"
ROWS_FILE = "data_level0.bin"
LENGTHS_FILE = "length.bin"
LEVELS_FILE = "link_lists.bin"
ID_MAP_FILE = "index_metadata.pickle"
_HEADER = struct.Struct("<i6Qii3QdQ")
_BLOCK_ROWS = 4096
_NORM_TOLERANCE = 0.01
_MAX_LEVEL = 64
_MAX_LINKS = 1024
_VERSION = 1
_MAX_VERSION = 0xFFFF
"""What could be the number of a later format; anything else in its place is damage."""


class Damaged(Exception):
    """The files contradict each other."""


def _demand(condition: object, what: str) -> None:
    if not condition:
        raise Damaged(what)


@dataclass(frozen=True, slots=True)
class Header:
    """hnswlib's header. Sizes and offsets are in bytes."""

    capacity: int
    count: int
    row_size: int
    label_offset: int
    vector_offset: int
    top_level: int
    entry: int
    upper_links: int
    base_links: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the header file; UnknownFormat when it is of another version, Damaged when it makes no sense."""
        data = path.read_bytes()
        if _VERSION < int.from_bytes(data[:4], "little", signed=True) <= _MAX_VERSION:
            raise UnknownFormat("header version")
        _demand(len(data) == _HEADER.size, "header size")
        version, base, capacity, count, row, label, vector, top, entry, upper, links, m, _, _ = _HEADER.unpack(data)
        header = cls(capacity, count, row, label, vector, top, entry, upper, links)
        _demand(version == _VERSION and base == 0 and upper == m and links == 2 * m and 0 < m <= _MAX_LINKS, "header")
        _demand(vector == 4 + 4 * links and vector < label and row == label + 8, "header layout")
        _demand(count <= capacity and (entry < count if count else True), "header counts")
        _demand(-1 <= top <= _MAX_LEVEL, "header levels")
        return header

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return (self.label_offset - self.vector_offset) // 4


@dataclass(frozen=True, slots=True)
class Index:
    """The parts of an index that were read."""

    header: Header
    rows: NDArray[np.uint8]
    lengths: NDArray[np.float32]
    ids: IdMap

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read as many rows as there are, up to the header's count."""
        header = Header.read(folder / HEADER_FILE)
        lengths = np.fromfile(folder / LENGTHS_FILE, "<f4", count=header.count)
        size = (folder / ROWS_FILE).stat().st_size
        shape = (min(size // header.row_size, len(lengths)), header.row_size)
        rows = np.memmap(folder / ROWS_FILE, np.uint8, mode="r", shape=shape) if shape[0] else np.empty(shape, np.uint8)
        return cls(header, rows, lengths[: len(rows)], read_id_map(folder / ID_MAP_FILE))

    def labels(self) -> NDArray[np.uint64]:
        """Return each row's label."""
        labels: NDArray[np.uint64] = self.column(self.header.label_offset, "<u8", 1)[:, 0]
        return labels

    def active(self) -> NDArray[np.bool_]:
        """Whether each row belongs to a chunk that was not deleted."""
        active: NDArray[np.bool_] = (self.rows[:, 2] & 1) == 0
        return active

    def sound_vectors(self) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.bool_]]]:
        """Yield blocks of rows, their vectors, and which of those have the length a stored vector has."""
        for start in range(0, len(self.rows), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            vectors = self.column(self.header.vector_offset, "<f4", self.header.dimension, block)
            with np.errstate(all="ignore"):
                norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
            expected = np.where(self.lengths[block] > 0, 1.0, 0.0)
            # Not-a-number compares as false, which is what it is here.
            yield block, vectors, np.abs(norms - expected) < _NORM_TOLERANCE

    def column(self, offset: int, kind: str, width: int, block: slice = slice(None)) -> NDArray[Any]:
        """Return `width` numbers of the type `kind` from each row, which begin `offset` bytes into it."""
        size = np.dtype(kind).itemsize * width
        part = np.ascontiguousarray(self.rows[block, offset : offset + size])
        return part.view(kind)


def check_index(folder: Path, *, dimension: int, rows: int | None) -> None:
    """Raise Damaged, ValueError or OSError unless the files in `folder` are a whole index.

    Raises UnknownFormat when they are of a format that this service does not know. `dimension` is that of the
    vectors, `rows` how many chunks it must hold (None: any number).
    """
    index = Index.read(folder)
    _check_sizes(folder, index.header)
    _check_rows(index, dimension)
    _check_levels(index.header, (folder / LEVELS_FILE).read_bytes())
    _check_ids(index, rows)


def _check_sizes(folder: Path, header: Header) -> None:
    """Both files have the same number of rows: those in use, and at first some that are not."""
    rows, rest = divmod((folder / ROWS_FILE).stat().st_size, header.row_size)
    _demand(not rest and header.count <= rows <= header.capacity, "vector file size")
    _demand((folder / LENGTHS_FILE).stat().st_size == 4 * rows, "length file size")


def _check_rows(index: Index, dimension: int) -> None:
    header = index.header
    _demand(header.dimension == dimension, "dimension")
    counts = index.column(0, "<u2", 1)[:, 0]
    _demand(not np.any(counts > header.base_links), "number of links")
    links = index.column(4, "<u4", header.base_links)
    used = np.arange(header.base_links) < counts[:, None]
    _demand(not np.any(used & (links >= header.count)), "links")
    _demand(_reachable(header.entry, links, used)[index.active()].all(), "connections")
    _demand(all(sound.all() for _, _, sound in index.sound_vectors()), "vectors")


def _reachable(entry: int, links: NDArray[np.uint32], used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows a search can come to; the others are stored but never found."""
    seen = np.zeros(len(links), np.bool_)
    newest = np.array([entry] if len(links) else [], np.int64)
    while len(newest):
        seen[newest] = True
        ahead = np.unique(links[newest][used[newest]]).astype(np.int64)
        newest = ahead[~seen[ahead]]
    return seen


def _check_levels(header: Header, data: bytes) -> None:
    """Walk the upper levels: for each row the size of its lists, then the lists."""
    level_size = 4 + 4 * header.upper_links
    position = highest = 0
    for row in range(header.count):
        size = int.from_bytes(data[position : position + 4], "little")
        levels, rest = divmod(size, level_size)
        _demand(not rest and position + 4 + size <= len(data), "upper levels")
        for level in range(levels):
            _check_list(header, data, position + 4 + level * level_size)
        highest = max(highest, levels)
        if row == header.entry:
            _demand(levels == header.top_level, "entry point")
        position += 4 + size
    _demand(position == len(data) and (highest == header.top_level or not header.count), "upper levels")


def _check_list(header: Header, data: bytes, position: int) -> None:
    count = int.from_bytes(data[position : position + 2], "little")
    _demand(count <= header.upper_links, "number of upper links")
    links = struct.unpack_from(f"<{count}I", data, position + 4)
    _demand(all(link < header.count for link in links), "upper links")


def _check_ids(index: Index, rows: int | None) -> None:
    labels = index.labels()
    active = set(labels[index.active()].tolist())
    _demand(len(np.unique(labels)) == len(labels), "labels")
    _demand(active == set(index.ids.labels.values()), "labels and ids")
    _demand(rows is None or rows == len(index.ids.labels), "number of chunks")


def salvage(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the vectors that can be trusted in the index in `folder`, damaged or not, by chunk id."""
    try:
        index = Index.read(folder)
    except (Damaged, UnknownFormat, OSError, ValueError):
        return {}
    labels = index.labels()
    unique = {int(label) for label, times in zip(*np.unique(labels, return_counts=True), strict=True) if times == 1}
    chunk_of = {label: chunk for chunk, label in index.ids.labels.items() if label in unique}
    found: dict[str, NDArray[np.float32]] = {}
    for block, vectors, sound in index.sound_vectors():
        for label, vector, good in zip(labels[block].tolist(), vectors, sound, strict=True):
            if good and label in chunk_of:
                found[chunk_of[label]] = vector
    return found
