"""Text of a binary Word file with olefile alone, by the published [MS-DOC] layout: header (FIB), piece table, parts.

All offsets below are those of the format; a character position (CP) counts UTF-16 units.
"""

import io
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import olefile

from app.common.errors import TooLarge, UnreadableFile
from app.common.readers.raw import ReadLimits
from app.common.readers.word.msdoc_codepages import codepage_of_fonts, codepage_of_language

_CORRUPT = "This Word document is damaged and cannot be opened; open it in Word, save it as DOCX and upload that."
_ENCRYPTED = "This Word document is protected by a password; save a copy without one and upload that."
_WORD_97 = 0xA5EC
_MAGICS = (_WORD_97, 0xA5DC, 0xA697, 0xA698, 0xA699)
_FIRST_WORD_97 = 0xC1
_FLAG_ENCRYPTED, _FLAG_COMPLEX, _FLAG_TABLE_1 = 0x0100, 0x0004, 0x0200
_NARROW = 0x4000_0000
_SMALLEST_HEADER = 0x60
_PARTS_97 = {"body": 3, "footnotes": 4, "headers": 5, "comments": 7, "endnotes": 8, "boxes": 9, "header boxes": 10}
_PARTS_6 = {
    "body": 0x34, "footnotes": 0x38, "headers": 0x3C, "comments": 0x44, "endnotes": 0x48, "boxes": 0x4C,
    "header boxes": 0x50,
}  # fmt: skip
_ORDER = ("body", "footnotes", "endnotes", "boxes", "comments", "headers", "header boxes")


_Ole: TypeAlias = "olefile.OleFileIO[str]"


class Header(NamedTuple):
    """The beginning of the main stream: which Word wrote it, its language and flags."""

    magic: int
    version: int
    language: int
    flags: int

    @property
    def is_word_97(self) -> bool:
        """Whether Word 97 or later wrote it; before, text was stored in an 8-bit code page."""
        return self.magic == _WORD_97 and self.version >= _FIRST_WORD_97


class _Piece(NamedTuple):
    begin: int
    end: int
    offset: int


def read_header(content: bytes) -> Header:
    """Return the header. UnreadableFile: encrypted, or corrupt when this is no Word document."""
    with _word_stream(content) as (_, stream):
        return _header(stream)


def read_text(content: bytes, limits: ReadLimits) -> str:
    """Return all parts, body first. UnreadableFile: encrypted, corrupt; TooLarge: too_large."""
    with _word_stream(content) as (ole, stream):
        header = _header(stream)
        lengths, pieces, codepage = _layout_97(ole, stream, header) if header.is_word_97 else _layout_6(stream, header)
        # Pieces may overlap in the file, so their sum says more than the size of the upload.
        if pieces[-1].end > limits.max_characters:
            raise TooLarge("The Word document holds more text than is read; split it.", code="too_large")
        text = "".join(_piece_text(stream, piece, codepage) for piece in pieces)
    parts, position = {}, 0
    for name, length in lengths.items():
        parts[name] = _plain(text[position : position + length])
        position += length
    return "\n\n".join(parts[name] for name in _ORDER if parts[name])


@contextmanager
def _word_stream(content: bytes) -> Iterator[tuple[_Ole, bytes]]:
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            if ole.exists("EncryptedPackage"):
                raise UnreadableFile(_ENCRYPTED, code="encrypted")
            yield ole, ole.openstream("WordDocument").read()
    except (struct.error, IndexError, ValueError, OSError, TypeError, OverflowError) as exc:
        raise UnreadableFile(_CORRUPT) from exc


def _header(stream: bytes) -> Header:
    if len(stream) < _SMALLEST_HEADER:
        raise UnreadableFile(_CORRUPT)
    header = Header(_u16(stream, 0), _u16(stream, 2), _u16(stream, 6), _u16(stream, 10))
    if header.magic not in _MAGICS:
        raise UnreadableFile(_CORRUPT)
    if header.flags & _FLAG_ENCRYPTED:
        raise UnreadableFile(_ENCRYPTED, code="encrypted")
    return header


def _layout_97(ole: _Ole, stream: bytes, header: Header) -> tuple[dict[str, int], list[_Piece], str | None]:
    longs = 0x22 + 2 * _u16(stream, 0x20)
    lengths = {name: max(0, _i32(stream, longs + 2 + 4 * index)) for name, index in _PARTS_97.items()}
    pairs = longs + 2 + 4 * _u16(stream, longs) + 2
    begin, size = _u32(stream, pairs + 8 * 33), _u32(stream, pairs + 8 * 33 + 4)
    named, other = ("1Table", "0Table") if header.flags & _FLAG_TABLE_1 else ("0Table", "1Table")
    table = ole.openstream(named if ole.exists(named) else other).read()
    return lengths, _piece_table(table[begin : begin + size]), None


def _layout_6(stream: bytes, header: Header) -> tuple[dict[str, int], list[_Piece], str | None]:
    lengths = {name: max(0, _i32(stream, offset)) for name, offset in _PARTS_6.items()}
    codepage = codepage_of_language(header.language) or codepage_of_fonts(stream) or "cp1252"
    if header.flags & _FLAG_COMPLEX:
        begin, size = _u32(stream, 0x160), _u32(stream, 0x164)
        return lengths, _piece_table(stream[begin : begin + size]), codepage
    return lengths, [_Piece(0, sum(lengths.values()) + 1, _u32(stream, 0x18))], codepage


def _piece_table(clx: bytes) -> list[_Piece]:
    at = 0
    while clx[at] == 1:  # formatting that pieces refer to
        at += 3 + _u16(clx, at + 1)
    if clx[at] != 2:
        raise UnreadableFile(_CORRUPT)
    table = clx[at + 5 : at + 5 + _u32(clx, at + 1)]
    count = (len(table) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}i", table) if count > 0 else ()
    if not positions or positions[0] < 0 or any(end < begin for begin, end in pairwise(positions)):
        raise UnreadableFile(_CORRUPT)
    first = 4 * (count + 1) + 2
    return [
        _Piece(begin, end, _u32(table, first + 8 * index)) for index, (begin, end) in enumerate(pairwise(positions))
    ]


def _piece_text(stream: bytes, piece: _Piece, codepage: str | None) -> str:
    """Return the text of one piece, filled up so that its length is that of its character positions."""
    count = piece.end - piece.begin
    if codepage:
        text = stream[piece.offset : piece.offset + count].decode(codepage, errors="replace")
    elif piece.offset & _NARROW:
        begin = (piece.offset & ~_NARROW) // 2
        text = stream[begin : begin + count].decode("cp1252", errors="replace")
    else:
        text = stream[piece.offset : piece.offset + 2 * count].decode("utf-16-le", errors="replace")
        # Positions count UTF-16 units: a letter beyond U+FFFF takes two. The filler goes when text is cleaned.
        text = re.sub("([\U00010000-\U0010ffff])", "\\1\x00", text)
    return text[:count].ljust(count, "\x00")


_CHARACTERS = {0x0B: "\n", 0x0C: "\n\n", 0x0D: "\n", 0x0E: "\n", 0x1E: "-", 0x1F: "", 0x00: ""}


def _plain(text: str) -> str:
    text = _without_instructions(text).replace("\x07\x07", "\n").replace("\x07", "\t")
    return text.translate(_CHARACTERS).strip()


def _without_instructions(text: str) -> str:
    """Keep the results of fields (0x14 to 0x15) and drop their instructions (0x13 to 0x14); fields nest."""
    out: list[str] = []
    in_result: list[bool] = []
    instructions = 0
    for piece in re.split("([\x13\x14\x15])", text):
        if piece == "\x13":
            in_result.append(False)
            instructions += 1
        elif piece == "\x14" and in_result:
            instructions -= not in_result[-1]
            in_result[-1] = True
        elif piece == "\x15" and in_result:
            instructions -= not in_result.pop()
        elif not instructions:
            out.append(piece)
    return "".join(out)


def _u16(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<H", data, offset)[0])


def _u32(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<I", data, offset)[0])


def _i32(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<i", data, offset)[0])
