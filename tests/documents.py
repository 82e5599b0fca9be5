"""Small real files of every kind, made by code, for tests and benchmarks.

PDF and OLE containers are written byte by byte, so that a test can put exactly the odd thing into them it is about.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

# ---------------------------------------------------------------------------------------------------- PDF


def pdf_file(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalog."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object's body."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


_HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def pdf(*pages: str, catalog: bytes = b"", page_entries: bytes = b"", extra: Sequence[bytes] = ()) -> bytes:
    """Return a PDF with one page per text; lines are drawn below each other. `extra` objects begin at number 4."""
    contents = [_drawing(text) for text in pages]
    return pdf_in_font(contents, _HELVETICA, catalog, page_entries, extra)


def pdf_in_font(
    contents: Sequence[bytes],
    font: bytes,
    catalog: bytes = b"",
    page_entries: bytes = b"",
    extra: Sequence[bytes] = (),
) -> bytes:
    first = 4 + len(extra)
    kids = b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        font,
        *extra,
    ]
    for index, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> %s >>" % (first + 2 * index + 1, page_entries)
        )
        objects.append(stream(content))
    return pdf_file(objects)


def _drawing(text: str) -> bytes:
    lines = [line.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(") for line in text.split("\n")]
    lines = [line.replace(b")", rb"\)") for line in lines]
    shown = b" ".join(b"(%s) Tj T*" % line for line in lines if line)
    return b"BT /F1 11 Tf 14 TL 72 770 Td %s ET" % shown if shown else b""


def pdf_of_contents(
    contents: Sequence[bytes], *, catalog: bytes = b"", page_entries: bytes = b"", extra: Sequence[bytes] = ()
) -> bytes:
    """Return a PDF with a page for each content stream, with Helvetica as F1; `extra` objects begin at number 4."""
    return pdf_in_font(contents, _HELVETICA, catalog, page_entries, extra)


def pdf_of_glyphs(*lines: str) -> bytes:
    """Return a one-page PDF that draws the letters of each line from left to right, whatever their script."""
    letters = sorted(set("".join(lines)))
    code = {letter: index + 1 for index, letter in enumerate(letters)}
    pairs = b"\n".join(b"<%04x> <%s>" % (code[c], c.encode("utf-16-be").hex().encode()) for c in letters)
    to_unicode = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfchar\n%s\nendbfchar "
        b"endcmap CMapName currentdict /CMap defineresource pop end end" % (len(letters), pairs)
    )
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /None /Encoding /Identity-H /DescendantFonts [4 0 R] "
        b"/ToUnicode 6 0 R >>"
    )
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /None /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (Identity) /Supplement 0 >> /DW 600 /FontDescriptor 5 0 R >>"
    )
    descriptor = (
        b"<< /Type /FontDescriptor /FontName /None /Flags 4 /FontBBox [0 -200 600 800] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 >>"
    )
    drawn = b" ".join(b"<%s> Tj T*" % b"".join(b"%04x" % code[c] for c in line) for line in lines)
    content = b"BT /F1 11 Tf 14 TL 72 770 Td %s ET" % drawn
    return pdf_in_font([content], font, extra=[descendant, descriptor, stream(to_unicode)])


def pdf_form(label: str, value: str) -> bytes:
    """Return a PDF with one text field that is filled in; the value stands in the field alone."""
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (%s) /V (%s) /Rect [72 600 400 620] /F 4 "
        b"/DA (/F1 11 Tf 0 g) /DR << /Font << /F1 3 0 R >> >> >>" % (label.encode(), value.encode())
    )
    return pdf(
        f"Please fill in: {label}",
        catalog=b"/AcroForm << /Fields [4 0 R] /NeedAppearances true /DA (/F1 11 Tf 0 g) "
        b"/DR << /Font << /F1 3 0 R >> >> >>",
        page_entries=b"/Annots [4 0 R]",
        extra=[field],
    )


def pdf_image_only(pages: int = 1) -> bytes:
    """Return a PDF whose pages show an image and no text, as a scanner makes it."""
    image = stream(
        b"\x00\x7f\xff\x7f",
        b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8",
    )
    content = b"q 400 0 0 400 72 300 cm /I1 Do Q"
    entries = b"/Resources << /XObject << /I1 4 0 R >> >>"
    return pdf_in_font([content] * pages, _HELVETICA, b"", entries, [image])


def pdf_mixed(*texts: str | None) -> bytes:
    """Return a PDF with a page of text for each text, and an image only where there is None."""
    image = stream(
        b"\x00\x7f\xff\x7f",
        b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8",
    )
    entries = b"/Resources << /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >>"
    contents = [b"q 400 0 0 400 72 300 cm /I1 Do Q" if text is None else _drawing(text) for text in texts]
    return pdf_in_font(contents, _HELVETICA, b"", entries, [image])


def pdf_drawing_bomb(depth: int = 30) -> bytes:
    """Return a small PDF in which each of `depth` forms draws the next one twice: 2^depth texts."""
    forms = []
    for level in range(depth):
        last = level == depth - 1
        content = b"BT /F1 11 Tf 72 700 Td (bomb) Tj ET" if last else b"/X Do /X Do"
        inner = b"" if last else b"/XObject << /X %d 0 R >>" % (5 + level)
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> %s >>" % inner
        forms.append(stream(content, entries))
    entries = b"/Resources << /Font << /F1 3 0 R >> /XObject << /X 4 0 R >> >>"
    return pdf_in_font([b"/X Do"], _HELVETICA, b"", entries, forms)


class _Given(str):
    """A string that counts as given even when empty: pypdf's writer takes the user password instead of nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


def pdf_encrypted(content: bytes, *, user: str, owner: str, algorithm: str = "RC4-128") -> bytes:
    """Return `content` encrypted with these passwords; an empty owner password stays empty."""
    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(content))
    writer.encrypt(user, _Given(owner), algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# --------------------------------------------------------------------------------------------------- DOCX


def docx(build: Callable[[Any], None]) -> bytes:
    """Return a DOCX file that `build` filled through python-docx."""
    from docx import Document

    document = Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def docx_of_body(body: str, **parts: str) -> bytes:
    """Return a DOCX file with this XML as its body and these further parts under `word/` (`footnotes='<w:...>'`)."""
    return zip_file(docx_parts(body) | {f"word/{name}.xml": text.encode() for name, text in parts.items()})


def docx_parts(body: str, namespace: str = W) -> dict[str, bytes]:
    """Return the parts of the smallest DOCX file."""
    return {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
        b'+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'relationships"><Relationship Id="r1" Type="%s/officeDocument" Target="word/document.xml"/></Relationships>'
        % RELATIONSHIPS.encode(),
        "word/document.xml": word_xml("document", f"<w:body>{body}</w:body>", namespace).encode(),
    }


def word_xml(root: str, content: str, namespace: str = W) -> str:
    """Return a part's XML with the prefix w bound."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:{root} xmlns:w="{namespace}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        f'xmlns:v="urn:schemas-microsoft-com:vml">{content}</w:{root}>'
    )


def paragraph(text: str, properties: str = "") -> str:
    """Return a WordprocessingML paragraph of one run."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def zip_file(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def zip_parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a ZIP file, to be changed and zipped again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# ---------------------------------------------------------------------------------------------- OLE and DOC

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALLEST_STREAM = 4096


def ole_file(streams: dict[str, bytes]) -> bytes:
    """Return an OLE container; streams are filled up to 4096 bytes, so that none goes into the mini stream."""
    padded = {name: content.ljust(_SMALLEST_STREAM, b"\0") for name, content in streams.items()}
    order = sorted(padded, key=lambda name: (len(name), name.upper()))
    directory_sectors = -(-(len(order) + 1) // 4)
    sectors = {name: -(-len(padded[name]) // _SECTOR) for name in order}
    total = directory_sectors + sum(sectors.values())
    fat_sectors = next(n for n in range(1, 100) if n * (_SECTOR // 4) >= n + total)
    fat = [_FAT] * fat_sectors
    fat += _chain(len(fat), directory_sectors)
    starts = {}
    for name in order:
        starts[name] = len(fat)
        fat += _chain(len(fat), sectors[name])
    fat += [_FREE] * (fat_sectors * (_SECTOR // 4) - len(fat))
    body = struct.pack(f"<{len(fat)}I", *fat) + _directory(order, starts, padded, directory_sectors)
    body += b"".join(padded[name].ljust(sectors[name] * _SECTOR, b"\0") for name in order)
    return _ole_header(fat_sectors) + body


def _chain(first: int, count: int) -> list[int]:
    return [*range(first + 1, first + count), _END]


def _ole_header(fat_sectors: int) -> bytes:
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, fat_sectors, fat_sectors, 0, _SMALLEST_STREAM, _END, 0, _END, 0)
    difat = [*range(fat_sectors)] + [_FREE] * (109 - fat_sectors)
    return head + struct.pack("<109I", *difat)


def _directory(order: list[str], starts: dict[str, int], padded: dict[str, bytes], sectors: int) -> bytes:
    entries = [_entry("Root Entry", 5, child=1, start=_END, size=0)]
    for index, name in enumerate(order, start=1):
        right = index + 1 if index < len(order) else _FREE
        entries.append(_entry(name, 2, right=right, start=starts[name], size=len(padded[name])))
    return b"".join(entries).ljust(sectors * _SECTOR, b"\0")


def _entry(name: str, kind: int, *, start: int, size: int, right: int = _FREE, child: int = _FREE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
    return head + b"\0" * 36 + struct.pack("<IQ", start, size)


def doc(text: str, *, encrypted: bool = False, wide: bool = False, footnotes: str = "", shorts: int = 14) -> bytes:
    """Return a Word 97 document; paragraphs end with `\\r`, cells and rows of tables with `\\x07`.

    More `shorts` than 14 move the rest of the header, as the format allows and no Word ever did.
    """
    content = (text + footnotes).encode("utf-16-le" if wide else "cp1252")
    at = 2048
    body, notes = _units(text), _units(footnotes)
    fib = bytearray(struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x409, 0, 0x0200 | (0x0100 if encrypted else 0)))
    fib += struct.pack("<HIBBHHII", 0xC1, 0, 0, 0, 0, 0, at, at + len(content))
    fib += struct.pack(f"<H{shorts}H", shorts, *[0] * shorts)
    longs = [len(content) + at, 0, 0, body, notes, *[0] * 17]
    fib += struct.pack("<H22i", 22, *longs)
    pairs = [0] * 186
    piece = at if wide else (at * 2) | 0x40000000
    plc = struct.pack("<iiHIH", 0, body + notes, 0, piece, 0)
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    pairs[66:68] = 0, len(clx)
    fib += struct.pack("<H186I", 93, *pairs) + struct.pack("<H", 0)
    return ole_file({"WordDocument": bytes(fib).ljust(at, b"\0") + content, "1Table": clx})


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def doc_of_word_95(text: str, encoding: str, charset: int = 0, language: int = 0x409) -> bytes:
    """Return a Word 95 document: 8-bit text whose code page only the fonts' charset or the language tells."""
    content, at = text.encode(encoding), 1024
    fib = bytearray(0x300)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5DC, 104, 0, language, 0, 0)
    struct.pack_into("<II", fib, 0x18, at, at + len(content))
    struct.pack_into("<i", fib, 0x34, len(content))
    name = b"Font\0"
    fonts = bytes([5 + len(name), 0, 0, 0, charset, 0]) + name
    struct.pack_into("<II", fib, 0xD0, 0x300, 2 + len(fonts))
    return ole_file({"WordDocument": (bytes(fib) + b"\0\0" + fonts).ljust(at, b"\0") + content})
