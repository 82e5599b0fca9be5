"""Reads the map from chunk ids to labels that Chroma keeps beside each vector index.

The file is a pickle written by Chroma's Rust code: dictionaries, strings, numbers and None, without references
and classes. Only that much is read. Python's own unpickler would execute what a damaged or planted file tells it
to, and can be made to allocate gigabytes by a few stray bytes.
"""

import io
import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.services.chroma.formats import UnknownFormat

_MARK: Final = object()
_STOP: Final = 0x2E


@dataclass(frozen=True, slots=True)
class IdMap:
    """Labels of the chunks that are in the index; labels grow and are never given out twice."""

    labels: dict[str, int]
    last_label: int


def read_id_map(path: Path) -> IdMap:
    """Return the map in the file `path`.

    Raises ValueError when it is not whole, OSError when it is not there, and UnknownFormat when it is a whole pickle
    that holds other things than those known here.
    """
    data = path.read_bytes()
    try:
        content = _parse(data)
        labels, ids = content["id_to_label"], content["label_to_id"]
        last_label = content["total_elements_added"]
        consistent = len(labels) == len(ids) and all(ids[label] == chunk for chunk, label in labels.items())
    except (struct.error, LookupError, TypeError, AttributeError, ValueError) as exc:
        if _is_whole_pickle(data):
            raise UnknownFormat("id map") from exc
        raise ValueError("not an id map") from exc
    if not consistent or any(not 0 < label <= last_label for label in ids):
        raise ValueError("the id map contradicts itself")
    return IdMap(labels, last_label)


def _is_whole_pickle(data: bytes) -> bool:
    """Whether these are a binary pickle that Python's own scanner, which executes nothing, reads to its end."""
    if data[:1] != b"\x80":
        return False
    stream = io.BytesIO(data)
    try:
        for _ in pickletools.genops(stream):
            pass
    except (ValueError, LookupError, struct.error, UnicodeError):
        return False
    return stream.read() == b""


def _parse(data: bytes) -> Any:
    stack: list[Any] = []
    position = 0
    while data[position] != _STOP:
        position = _OPERATIONS[data[position]](data, position + 1, stack)
    (result,) = stack
    return result


def _protocol(_data: bytes, position: int, _stack: list[Any]) -> int:
    return position + 1


def _constant(make: Callable[[], Any]) -> Callable[[bytes, int, list[Any]], int]:
    def push(_data: bytes, position: int, stack: list[Any]) -> int:
        stack.append(make())
        return position

    return push


def _number(code: str) -> Callable[[bytes, int, list[Any]], int]:
    read = struct.Struct(code)

    def push(data: bytes, position: int, stack: list[Any]) -> int:
        stack.append(read.unpack_from(data, position)[0])
        return position + read.size

    return push


def _long(data: bytes, position: int, stack: list[Any]) -> int:
    end = position + 1 + data[position]
    stack.append(int.from_bytes(data[position + 1 : end], "little", signed=True))
    return end


def _text(data: bytes, position: int, stack: list[Any]) -> int:
    end = position + 4 + int.from_bytes(data[position : position + 4], "little")
    stack.append(data[position + 4 : end].decode())
    return end


def _set_items(_data: bytes, position: int, stack: list[Any]) -> int:
    mark = len(stack) - 1
    while stack[mark] is not _MARK:
        mark -= 1
        if mark < 0:
            raise ValueError("not an id map")
    items = stack[mark + 1 :]
    del stack[mark:]
    stack[-1].update(zip(items[::2], items[1::2], strict=True))
    return position


_OPERATIONS: Final[dict[int, Callable[[bytes, int, list[Any]], int]]] = {
    0x80: _protocol,
    0x28: _constant(lambda: _MARK),
    0x4E: _constant(lambda: None),
    0x7D: _constant(dict),
    0x4A: _number("<i"),
    0x4B: _number("<B"),
    0x4D: _number("<H"),
    0x8A: _long,
    0x58: _text,
    0x75: _set_items,
}
