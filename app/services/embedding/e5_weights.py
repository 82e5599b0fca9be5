"""Reading the packed weights of multilingual-e5-small: tokenizer tables and named tensors, by numpy over a map.

The file: magic `E5S1`, version, sizes, the unigram pieces with their scores, a table of character normalisation, then
a directory of tensors. A tensor of 4 bits is stored in blocks of 32 weights: a float16 scale and 16 bytes, whose low
halves are the first 16 weights; a weight is (half - 8) * scale.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.services.embedding.bert_graph import Array, BertSizes

WORDS = "embeddings.word_embeddings.weight"

_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
_HEADER = struct.Struct("<4sI7ifi")
_TOKENIZER = struct.Struct("<5iQ")
_CHARACTER = struct.Struct("<IB")
_DIRECTORY = struct.Struct("<BIQQ")
# What Hugging Face calls a tensor, and what the file does.
_NAMES = {
    "embeddings.word_embeddings": "emb.word",
    "embeddings.position_embeddings": "emb.pos",
    "embeddings.token_type_embeddings": "emb.type",
    "embeddings.LayerNorm": "emb.ln",
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
_TABLES = {"emb.word", "emb.pos", "emb.type"}

Blocks = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The unigram vocabulary: (piece, score) in the order of ids, the special ids, and what characters become."""

    scored: list[tuple[str, float]]
    begin: int
    end: int
    pad: int
    unknown: int
    characters: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Where a tensor's bytes are, and whether they are blocks of 4 bits."""

    offset: int
    length: int


class E5Weights:
    """See `BertWeights`. The file is mapped: nothing is copied until it is asked for."""

    words_outside = True

    def __init__(self, path: Path) -> None:
        """Map the file. Raises OSError, and ValueError if it is not of this kind or not whole."""
        self._data = np.memmap(path, np.uint8, mode="r")
        magic, _, width, layers, heads, self._inner, _, self.max_tokens, _, epsilon, _ = self._unpack(_HEADER, 0)
        if magic != _MAGIC:
            raise ValueError("the file holds no weights of this kind")
        self.sizes = BertSizes(width, layers, heads, epsilon)
        self.pieces, place = self._read_pieces(_HEADER.size)
        self._tensors = self._read_directory(place)

    def array(self, name: str) -> Array:
        """Return a tensor in its own shape, linear layers as (out, in)."""
        owner, _, kind = name.rpartition(".")
        own = self._own_name(owner)
        if own in _TABLES:
            return self._floats(own).reshape(-1, self.sizes.width)
        is_matrix = kind == "weight" and not own.endswith("ln")
        full = f"{own}.{'w' if kind == 'weight' else 'b'}"
        return expand(self._blocks(full, self._columns(own))) if is_matrix else self._floats(full)

    def words(self) -> Blocks:
        """Return the rows of the vocabulary as blocks, for `expand`."""
        return self._blocks("emb.word", self.sizes.width)

    def _own_name(self, owner: str) -> str:
        if owner.startswith("encoder.layer."):
            number, _, part = owner.removeprefix("encoder.layer.").partition(".")
            return f"l{number}.{_NAMES[part]}"
        return _NAMES[owner]

    def _columns(self, own: str) -> int:
        return self._inner if own.endswith(".fo") else self.sizes.width

    def _floats(self, name: str) -> Array:
        tensor = self._tensors[name]
        return self._data[tensor.offset : tensor.offset + tensor.length].view(np.float32)

    def _blocks(self, name: str, columns: int) -> Blocks:
        tensor = self._tensors[name]
        raw = self._data[tensor.offset : tensor.offset + tensor.length]
        return as_blocks(raw, columns)

    def _take(self, place: int, length: int) -> bytes:
        taken = self._data[place : place + length].tobytes()
        if len(taken) < length:
            raise ValueError("the file of weights is cut short")
        return taken

    def _unpack(self, layout: struct.Struct, place: int) -> tuple[Any, ...]:
        return layout.unpack(self._take(place, layout.size))

    def _read_pieces(self, place: int) -> tuple[Pieces, int]:
        count, begin, end, pad, unknown, length = self._unpack(_TOKENIZER, place)
        place += _TOKENIZER.size
        offsets = np.frombuffer(self._take(place, 4 * (count + 1)), "<u4").tolist()
        place += 4 * (count + 1)
        scores = np.frombuffer(self._take(place, 4 * count), "<f4").tolist()
        place += 4 * count
        text = self._take(place, length)
        spans = zip(offsets[:-1], offsets[1:], scores, strict=True)
        scored = [(text[start:stop].decode("utf-8", "replace"), score) for start, stop, score in spans]
        characters, place = self._read_characters(place + length)
        return Pieces(scored, begin, end, pad, unknown, characters), place

    def _read_characters(self, place: int) -> tuple[dict[int, str], int]:
        count, length = struct.unpack("<iI", self._take(place, 8))
        table, at = self._take(place + 8, length), 0
        found: dict[int, str] = {}
        for _ in range(count):
            character, number = _CHARACTER.unpack_from(table, at)
            at += _CHARACTER.size
            found[character] = "".join(map(chr, struct.unpack_from(f"<{number}I", table, at)))
            at += 4 * number
        return found, place + 8 + length

    def _read_directory(self, place: int) -> dict[str, _Tensor]:
        (count,) = struct.unpack("<i", self._take(place, 4))
        place += 4
        found: dict[str, _Tensor] = {}
        for _ in range(count):
            (length,) = struct.unpack("<H", self._take(place, 2))
            name = self._take(place + 2, length).decode()
            place += 2 + length
            _, _, offset, size = self._unpack(_DIRECTORY, place)
            place += _DIRECTORY.size
            if offset + size > len(self._data):
                raise ValueError("the file of weights is cut short")
            found[name] = _Tensor(offset, size)
        return found


def as_blocks(raw: NDArray[np.uint8], columns: int) -> Blocks:
    """Return bytes as blocks of 4-bit weights, a row of them for each row of `columns` weights."""
    return raw.view(_BLOCK_TYPE).reshape(-1, columns // _BLOCK)


def expand(blocks: Blocks) -> Array:
    """Return the weights of rows of blocks as float32, (..., columns)."""
    halves = blocks["halves"]
    whole = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    whole *= blocks["scale"].astype(np.float32)[..., None]
    return np.asarray(whole.reshape(*blocks.shape[:-1], -1))
