"""PDF files in which each piece of text stands exactly where a test puts it."""

from collections.abc import Iterable, Mapping, Sequence

from tests import documents

Placed = tuple[float, float, str]


def pdf_of(*contents: str, page: str = "", objects: Mapping[int, bytes] | None = None, catalog: str = "") -> bytes:
    """Return a PDF of these content streams in Helvetica (F1); `page` is added to each page's dictionary.

    `objects` are numbered from 4 on; `catalog` is added to the catalog.
    """
    given = objects or {}
    return documents.pdf_of_contents(
        [content.encode("cp1252") for content in contents],
        catalog=catalog.encode(),
        page_entries=page.encode(),
        extra=[given.get(number, b"null") for number in range(4, max(given, default=3) + 1)],
    )


def lines(*texts: str, x: float = 72, y: float = 770, size: float = 11) -> str:
    """Return a content stream of lines below one another."""
    shown = "".join(f"({escaped(text)}) Tj T*\n" for text in texts)
    return f"BT /F1 {size} Tf {size * 1.3} TL 1 0 0 1 {x} {y} Tm\n{shown}ET\n"


def placed(pieces: Iterable[Placed], *, size: float = 11, turn: str = "1 0 0 1") -> str:
    """Return a content stream in which each text is an object of its own, as word processors write cells."""
    return "".join(f"BT /F1 {size} Tf {turn} {x} {y} Tm ({escaped(text)}) Tj ET\n" for x, y, text in pieces)


def cells(rows: Iterable[Iterable[str]], columns: Sequence[float], *, lead: float = 14) -> list[Placed]:
    """Return the places of a table's cells, row by row."""
    return [(x, 700 - lead * n, text) for n, row in enumerate(rows) for x, text in zip(columns, row, strict=False)]


def escaped(text: str) -> str:
    """Return the inside of a PDF string."""
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
