"""Code pages of Word 6 and 95, which store 8-bit text and say only by language and fonts what it means."""

from collections import Counter

_BY_LANGUAGE = {
    0x01: "cp1256", 0x02: "cp1251", 0x04: "gbk", 0x05: "cp1250", 0x08: "cp1253", 0x0D: "cp1255", 0x0E: "cp1250",
    0x11: "cp932", 0x12: "cp949", 0x15: "cp1250", 0x18: "cp1250", 0x19: "cp1251", 0x1A: "cp1250", 0x1B: "cp1250",
    0x1E: "cp874", 0x1F: "cp1254", 0x22: "cp1251", 0x23: "cp1251", 0x24: "cp1250", 0x25: "cp1257", 0x26: "cp1257",
    0x27: "cp1257", 0x2A: "cp1258",
}  # fmt: skip
_BY_CHARSET = {
    128: "cp932", 129: "cp949", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_TAIWAN = 0x0404
_PRIMARY = 0x3FF
_FONTS_AT, _FONTS_SIZE_AT = 0xD0, 0xD4
_CHARSET_AT = 4


def codepage_of_language(language: int) -> str | None:
    """Return the code page of a Windows language id, or None for those of Western Europe and unknown ones."""
    return "big5" if language == _TAIWAN else _BY_LANGUAGE.get(language & _PRIMARY)


def codepage_of_fonts(stream: bytes) -> str | None:
    """Return the code page that most fonts of the document are made for, or None if none says so."""
    begin = int.from_bytes(stream[_FONTS_AT : _FONTS_AT + 4], "little")
    size = int.from_bytes(stream[_FONTS_SIZE_AT : _FONTS_SIZE_AT + 4], "little")
    table, at = stream[begin : begin + size], 2
    seen: Counter[str] = Counter()
    while at + _CHARSET_AT < len(table):
        if codepage := _BY_CHARSET.get(table[at + _CHARSET_AT]):
            seen[codepage] += 1
        at += table[at] + 1
    return seen.most_common(1)[0][0] if seen else None
