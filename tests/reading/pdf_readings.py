"""PDF files."""

from tests import documents
from tests.reading.corpus import Reading
from tests.reading.pdf_pages import cells, lines, pdf_of, placed

_ORDER = [("Item", "Unit price", "Qty"), ("Saw", "19.50", "3"), ("Axe", "25.00", "1"), ("Nail", "0.05", "7")]
_COLUMNS = (72, 200, 300)
_RIGHT = ("Saw 19.50 3", "Axe 25.00 1", "Nail 0.05 7")
_TYPED = b"<< /Type /Annot /Subtype /FreeText /Contents (Paid 4471) /DA (/F1 12 Tf) /F 4 /Rect [72 600 300 620] >>"
_NOTE = b"<< /Type /Annot /Subtype /Text /Contents (Ask Bob first) /F 4 /Rect [300 450 320 470] >>"
_MARKED = b"<< /Type /Annot /Subtype /Highlight /Contents (Too high?) /F 4 /Rect [72 765 100 780] >>"
_UNSEEN = b"<< /Type /Annot /Subtype /Text /Contents (Secret) /F 2 /Rect [300 450 320 470] >>"


def _turned(rotation: int) -> bytes:
    pieces = [(595 - y + 200, x, text) for x, y, text in cells(_ORDER, _COLUMNS)]
    return pdf_of(placed(pieces, turn="0 1 -1 0"), page=f"/Rotate {rotation}")


def _by_columns() -> bytes:
    rows = [("Anna", "A", "3"), ("Bert", "B", "1"), ("Cleo", "C", "7")]
    return pdf_of(placed(sorted(cells(rows, _COLUMNS), key=lambda piece: (piece[0], -piece[1]))))


def _raised() -> bytes:
    return pdf_of(
        "BT /F1 11 Tf 72 700 Td (Total 25.00) Tj /F1 7 Tf 4 Ts (1) Tj 0 Ts /F1 11 Tf ( in H) Tj "
        "/F1 7 Tf -2 Ts (2) Tj 0 Ts /F1 11 Tf (O, 10) Tj /F1 7 Tf 4 Ts (6) Tj ET"
    )


READINGS = [
    Reading("pages in order", "pages.pdf", documents.pdf("one page", "another page"), ("one page another page",)),
    Reading("cells of one character", "order.pdf", pdf_of(placed(cells(_ORDER, _COLUMNS))), _RIGHT, ("19.503",)),
    Reading(
        "marks beside features",
        "marks.pdf",
        pdf_of(placed(cells([("Export", "X", "X"), ("Sync", "-", "X")], _COLUMNS))),
        ("Export X X", "Sync - X"),
    ),
    Reading(
        "a table drawn column by column", "grades.pdf", _by_columns(), ("Anna Bert Cleo", "A B C", "3 1 7"), ("317",)
    ),
    Reading("text turned on the page", "turned.pdf", _turned(90), _RIGHT),
    Reading("text turned and the page not", "sideways.pdf", _turned(0), _RIGHT),
    Reading(
        "a turned page of level text",
        "rotated.pdf",
        pdf_of(lines("first line", "second line", "third line"), page="/Rotate 90"),
        ("first line second line third line",),
    ),
    Reading(
        "codes at line ends",
        "codes.pdf",
        pdf_of(lines("Order part BX-", "7250 or ZK-", "A12 by RFC-", "2119 and call 555-", "1234.")),
        ("BX-7250", "ZK-A12", "RFC-2119", "555-1234"),
    ),
    Reading(
        "words divided at line ends",
        "words.pdf",
        pdf_of(lines("the infor-", "mation of a self-", "contained unit; self-contained it is")),
        ("the information of a self-contained unit",),
    ),
    Reading(
        "grades and amounts that end in a dash",
        "dashes.pdf",
        pdf_of(placed(cells([("Anna", "A-"), ("Bert", "25.00-"), ("Cleo", "B")], (72, 300)))),
        ("Anna A- Bert 25.00- Cleo B",),
    ),
    Reading("raised and lowered digits", "raised.pdf", _raised(), ("25.00¹", "H₂O", "10⁶"), ("25.001", "106")),
    Reading(
        "text typed onto a page",
        "typed.pdf",
        pdf_of(lines("The limit is 700."), page="/Annots [4 0 R]", objects={4: _TYPED}),
        ("Paid 4471",),
    ),
    Reading(
        "notes and comments",
        "notes.pdf",
        pdf_of(
            lines("The limit is 700."), page="/Annots [4 0 R 5 0 R 6 0 R]", objects={4: _NOTE, 5: _MARKED, 6: _UNSEEN}
        ),
        ("Ask Bob first", "Too high?"),
        ("Secret",),
    ),
    Reading("a form that is filled in", "form.pdf", documents.pdf_form("Name", "Ada Lovelace"), ("Ada Lovelace",)),
    Reading(
        "text beside the page",
        "beside.pdf",
        pdf_of(placed([(72, 700, "seen"), (900, 700, "unseen")])),
        ("seen",),
        ("unseen",),
    ),
    Reading("a page without text", "silent.pdf", documents.pdf("one", "", "three"), ("one three",), warns="Page 2"),
]
