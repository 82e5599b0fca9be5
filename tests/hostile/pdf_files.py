"""PDF files with circles, lies, bombs and passwords."""

import zlib
from collections.abc import Iterator

from tests import documents
from tests.documents import pdf, pdf_file, stream

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
DAMAGED = "read corrupt no_text"


def files() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, content and outcomes."""
    yield from _circles()
    yield from _lies()
    yield from _bombs()
    yield from _locked()
    yield "scan.pdf", documents.pdf_image_only(3), "no_text"
    yield "blank-pages.pdf", pdf("", ""), "no_text"
    yield "header-only.pdf", b"%PDF-1.7\n", "corrupt"
    yield "end-only.pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF\n", "corrupt"
    yield "program-before.pdf", b"MZ\x90\x00" + b"\0" * 100 + pdf("Hello"), "type_mismatch"
    yield (
        "actions.pdf",
        pdf(
            "harmless text",
            catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1); while(1);) >> /AA << /WC << /S /Launch "
            b"/F (/bin/sh) >> >>",
        ),
        "read",
    )
    yield "control-characters.pdf", pdf("a\x01b\x02c visible words here"), "read"


def _circles() -> Iterator[tuple[str, bytes, str]]:
    yield "pages-circle.pdf", _catalog(b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), DAMAGED
    yield (
        "pages-circle-of-two.pdf",
        _catalog(
            b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 4 >>",
            b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count 4 >>",
        ),
        DAMAGED,
    )
    yield (
        "parent-circle.pdf",
        _catalog(
            b"<< /Type /Pages /Parent 3 0 R /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 9 9] >>",
        ),
        DAMAGED,
    )
    yield (
        "outlines-circle.pdf",
        pdf(
            "text beside a circle of bookmarks",
            catalog=b"/Outlines 4 0 R",
            extra=[b"<< /First 5 0 R /Last 5 0 R >>", b"<< /Title (a) /Parent 4 0 R /Next 5 0 R /First 5 0 R >>"],
        ),
        "read",
    )
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 4 0 R >> >> "
    own = documents.pdf_in_font(
        [b"/X Do"], FONT, b"", b"/Resources << /XObject << /X 4 0 R >> >>", [stream(b"/X Do /X Do", form)]
    )
    yield "form-draws-itself.pdf", own, f"{DAMAGED} bomb timeout"
    yield "contents-circle.pdf", pdf("x").replace(b"/Contents 5 0 R", b"/Contents 4 0 R"), DAMAGED
    yield "root-is-a-page.pdf", pdf_file([b"<< /Type /Page /Parent 1 0 R /Pages 1 0 R /Kids [1 0 R] >>"]), DAMAGED
    length = (
        b"%PDF-1.4\n1 0 obj\n<< /Length 1 0 R >>\nstream\nx\nendstream\nendobj\ntrailer << /Root 1 0 R /Size 2 >>\n"
    )
    yield "length-is-itself.pdf", length, DAMAGED
    whole = pdf("an older version that is its own")
    at = whole.index(b"xref\n")
    yield "previous-is-itself.pdf", whole.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % at), DAMAGED
    fields = b"/AcroForm << /Fields [4 0 R] >>"
    yield "form-field-circle.pdf", pdf("beside", catalog=fields, extra=[b"<< /T (a) /Kids [4 0 R] >>"]), DAMAGED


def _lies() -> Iterator[tuple[str, bytes, str]]:
    whole = pdf("one page only")
    for count in (b"2147483647", b"99999999999999999999", b"-1"):
        yield f"count-{count.decode()}.pdf", whole.replace(b"/Count 1", b"/Count " + count), f"{DAMAGED} too_many_pages"
    yield "five-thousand-and-one-pages.pdf", pdf(*["x"] * 5001), "too_many_pages"
    for title, box in {
        "huge": b"[0 0 1e9 1e9]",
        "flat": b"[0 0 0 0]",
        "negative": b"[100 100 -5000000 -5000000]",
        "endless": b"[0 0 1e400 1e400]",
        "circle": b"3 0 R",
    }.items():
        page = documents.pdf_image_only().replace(b"[0 0 595 842]", box)
        yield f"box-{title}.pdf", page, "no_text corrupt"
        yield f"box-{title}-with-text.pdf", pdf("words").replace(b"[0 0 595 842]", box), DAMAGED
    yield "size-of-references.pdf", whole.replace(b"/Size 6", b"/Size 2000000000"), DAMAGED
    yield "offset-of-references.pdf", whole.replace(b"startxref\n", b"startxref\n9"), DAMAGED
    entries = b"/Type /XRef /W [1 8 8] /Index [0 2000000000] /Size 2000000000 /Root 1 0 R"
    yield "references-of-two-billion.pdf", b"%PDF-1.7\n1 0 obj\n" + stream(b"\x01" * 100, entries) + _END, DAMAGED
    entries = b"/Type /XRef /W [99999999 99999999 99999999] /Size 9 /Root 1 0 R"
    yield "references-of-wide-columns.pdf", b"%PDF-1.7\n1 0 obj\n" + stream(b"\x01" * 100, entries) + _END, DAMAGED


_END = b"\nendobj\nstartxref\n9\n%%EOF\n"


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    yield "drawings.pdf", documents.pdf_drawing_bomb(), "bomb timeout"
    twice = _with_contents(zlib.compress(_spaces(600 << 20), 9), b"[/FlateDecode /FlateDecode]")
    yield "inflated-twice.pdf", twice, f"{DAMAGED} bomb timeout"
    packed = zlib.compress(b"q " * 3_000_000)
    yield "deep-states.pdf", _with_contents(packed, b"/FlateDecode"), f"{DAMAGED} bomb timeout"
    text = zlib.compress(b"BT /F1 9 Tf " + b"(crane) Tj T* " * 100_000 + b"ET")
    yield "text-of-one-page.pdf", _with_contents(text, b"/FlateDecode"), "read bomb timeout"
    yield "filters.pdf", _with_contents(b"x", b"[" + b"/ASCIIHexDecode " * 20_000 + b"]"), DAMAGED
    for title, deep in {
        "arrays": b"[" * 200_000,
        "dictionaries": b"<< /A " * 20_000,
        "brackets": b"(" * 500_000,
    }.items():
        yield (
            f"deep-{title}.pdf",
            pdf("beside").replace(b"/Type /Catalog", b"/Type /Catalog /X " + deep),
            f"{DAMAGED} bomb",
        )
    objects = zlib.compress(b"5 0 " * 200_000 + b"null " * 200_000)
    entries = b"/Type /ObjStm /N 2000000000 /First 10 /Filter /FlateDecode"
    yield "object-stream.pdf", pdf("beside", extra=[stream(objects, entries)]), DAMAGED
    image = (
        b"/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 16 "
        b"/Filter /FlateDecode"
    )
    scan = documents.pdf_in_font(
        [b"q 400 0 0 400 72 300 cm /I1 Do Q"],
        FONT,
        b"",
        b"/Resources << /XObject << /I1 4 0 R >> >>",
        [stream(zlib.compress(b"\0" * 1000), image)],
    )
    yield "image-of-ten-billion-dots.pdf", scan, "no_text corrupt bomb"
    predictor = b"/FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>"
    yield "predictor.pdf", _with_contents(zlib.compress(b"x" * 1000), predictor), DAMAGED


def _locked() -> Iterator[tuple[str, bytes, str]]:
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256"):
        content = documents.pdf_encrypted(pdf("secret"), user="user", owner="owner", algorithm=algorithm)
        yield f"locked-{algorithm}.pdf", content, "encrypted"
    unknown = pdf("secret").replace(
        b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /Filter /Other /V 99 /R 99 >> /ID [<00> <00>]"
    )
    yield "locked-in-an-unknown-way.pdf", unknown, "encrypted corrupt"


def _catalog(*objects: bytes) -> bytes:
    return pdf_file([b"<< /Type /Catalog /Pages 2 0 R >>", *objects])


def _with_contents(content: bytes, filters: bytes) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        stream(content, b"/Filter " + filters),
        FONT,
    ]
    return pdf_file(objects)


def _spaces(size: int) -> bytes:
    """Return so many spaces, compressed: a megabyte is packed once and its bytes are repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # The sum at the end is wrong, which is noticed when all has been unpacked, if at all.
    return b"\x78\xda" + piece * (size >> 20) + zlib.compress(b"", 9)[2:]
