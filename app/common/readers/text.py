"""Plain text and Markdown: which encoding it is in."""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from app.common.errors import UnsupportedType
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits, read_bytes

_SAMPLE = 1 << 18
_MAX_CONTROL = 0.01
_MAX_BROKEN = 0.02
_GOOD_PER_BROKEN = 2
_WESTERN_SIGNS = "€‚„…‘’“”•–—"
_MAX_STRAY_NULS = 0.03

_BOMS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_ISO_2022: tuple[tuple[bytes, str], ...] = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$", "iso2022_jp_2"),
    (b"\x1b(J", "iso2022_jp_2"),
)
# U+0080 to U+009F are not counted: text that was once decoded wrongly, and there is much of it, is full of them.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd\ufffe\uffff]")
# Letters and signs of Western European texts: without those that stand for common letters of other code pages.
_WESTERN = re.compile(
    r"(?:[\x00-\x7fÀ-ÏÑ-ÖØ-ÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüŒœ€‚„…‘’“”•–—™¡§©ª«®°·º»\xa0\xad]"
    r"|(?<![^\W\d_])¿|£(?=[\s\d]))*"
)
_NOT_ASCII = re.compile(rb"[\x01-\x08\x7f-\xff]")
_UNSURE = 0.1


class Decoded(NamedTuple):
    """Text, the encoding that it was read in, and whether some bytes did not fit it."""

    text: str
    encoding: str
    damaged: bool = False

    @property
    def warnings(self) -> list[str]:
        """What there is to say about the decoding."""
        return ["Some bytes do not fit the text's encoding; characters may be missing."] if self.damaged else []


def read_text(data: Data, limits: ReadLimits) -> RawDocument:
    """Read a TXT or MD file. UnsupportedType (type_mismatch) for binary data."""
    decoded = decode(read_bytes(data))
    warnings = decoded.warnings
    Budget(limits).spend(decoded.text)
    return RawDocument([[Block(decoded.text)]], warnings)


def read_markdown(data: Data, limits: ReadLimits) -> RawDocument:
    """Read a Markdown file as it is written: its spaces and blank lines can carry meaning."""
    raw = read_text(data, limits)
    return RawDocument(raw.pages, raw.warnings, verbatim=True)


def decode(data: bytes, declared: str = "") -> Decoded:
    """Return the text of `data`: by its mark, by the pattern of its bytes, as UTF-8, and only then by guessing.

    `declared` is the encoding that the file itself names, if any: it comes after UTF-8, as many name a wrong one.
    Bytes that do not fit are given up, or read as Western letters. Raises UnsupportedType (type_mismatch) for binary
    data.
    """
    for candidate in (*_certain_encodings(data), *([declared] if declared else [])):
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if not looks_binary(text):
            return Decoded(text.removeprefix("\ufeff"), candidate)
    return _damaged_wide(data) or _damaged_utf8(data) or _guess(data)


def _binary() -> UnsupportedType:
    return UnsupportedType(
        "The name says that this is text, but it holds binary data; upload it under its real name.",
        code="type_mismatch",
    )


def _certain_encodings(data: bytes) -> Iterator[str]:
    yield from (encoding for mark, encoding in _BOMS if data.startswith(mark))
    yield from _wide_encodings(data[:65536])
    yield from (encoding for escape, encoding in _ISO_2022 if escape in data)
    yield "utf-8"


def _wide_encodings(sample: bytes) -> Iterator[str]:
    """UTF-16 and UTF-32 without a mark show in where the NUL bytes stand: spaces and line ends have them always."""
    nuls = [sample[offset::4].count(0) for offset in range(4)]
    total = sum(nuls)
    if not total:
        return
    stray, wide = total * _MAX_STRAY_NULS, len(sample) * 0.9
    if nuls[0] <= stray and min(nuls[2], nuls[3]) * 4 >= wide:
        yield "utf-32-le"
    if nuls[3] <= stray and min(nuls[0], nuls[1]) * 4 >= wide:
        yield "utf-32-be"
    if total * 2 < len(sample) * 0.8 and not _NOT_ASCII.search(sample):
        return  # text in ASCII with NUL bytes here and there
    if nuls[0] + nuls[2] <= stray:
        yield "utf-16-le"
    if nuls[1] + nuls[3] <= stray:
        yield "utf-16-be"


def looks_binary(text: str) -> bool:
    """Whether the beginning or the end of `text` holds more control characters than any text does."""
    sample = text[:_SAMPLE] + text[_SAMPLE:][-_SAMPLE:]
    return len(_CONTROL.findall(sample)) > len(sample) * _MAX_CONTROL


def _damaged_wide(data: bytes) -> Decoded | None:
    """A marked text in UTF-16 or UTF-32 with a broken letter, or without its last byte, is no other text for that."""
    encoding = next((found for mark, found in _BOMS if data.startswith(mark)), "")
    if not encoding.startswith(("utf-16", "utf-32")):
        return None
    text = data.decode(encoding, errors="replace")
    whole = text.replace("\ufffd", "")
    if len(text) - len(whole) > 1 + _MAX_BROKEN * len(text) or looks_binary(whole):
        return None
    return Decoded(whole.removeprefix("\ufeff"), encoding, damaged=True)


def _damaged_utf8(data: bytes) -> Decoded | None:
    """A UTF-8 text with a stray byte is still UTF-8: a guess would spoil every accent in it.

    Letters of other encodings hardly ever look like those of UTF-8, so few of them say more than some strays.
    """
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    good = sum(1 for char in text if char > "\x7f") - broken
    if good < _GOOD_PER_BROKEN * broken or looks_binary(text.replace("\ufffd", "")):
        return None
    return Decoded(data.decode("utf-8", errors=_STRAY).removeprefix("\ufeff"), "utf-8", damaged=True)


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Read a single byte that is no UTF-8 as the Western letter or sign that it mostly is; leave out all else."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start : error.end]
    text = byte.decode("cp1252", errors="ignore") if len(byte) == 1 and byte < b"\xfe" else ""
    return (text if text.isalpha() or text in _WESTERN_SIGNS else ""), error.end


_STRAY = "stray-cp1252"
codecs.register_error(_STRAY, _stray)


def _guess(data: bytes) -> Decoded:
    if b"\x00" in data:
        raise _binary()
    first = next((index for index, byte in enumerate(data) if byte > 0x7F), 0)
    begin = data.rfind(b"\n", 0, first) + 1
    encoding = _detect(data[max(begin, first - 4096) :][:_SAMPLE])
    text = data.decode(encoding, errors="replace")
    if looks_binary(text):  # which counts what could not be decoded
        raise _binary()
    return Decoded(text.replace("\ufffd", ""), encoding, damaged="\ufffd" in text)


def _detect(sample: bytes) -> str:
    # chardet rather than charset-normalizer: of plain Western 8-bit texts the latter takes a third for Central
    # European or Macintosh ones. Only encodings that are in use today are weighed.
    import chardet

    found = chardet.detect(sample, encoding_era=chardet.EncodingEra.MODERN_WEB, prefer_superset=True)
    unsure = found["confidence"] < _UNSURE
    if unsure and _WESTERN.fullmatch(sample.decode("cp1252", errors="replace")):
        return "cp1252"
    return found["encoding"] or "cp1252"
