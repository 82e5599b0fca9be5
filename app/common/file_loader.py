"""Uploads become text here: the kind is decided by content and name together, read, cleaned once, and checked.

Adding a kind is adding a reader to `_READERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.common.errors import UnreadableFile, UnsupportedType
from app.common.filenames import check_filename
from app.common.readers.cells.columns import with_kinds
from app.common.readers.cleaning import MAX_UNREADABLE, unreadable_share
from app.common.readers.epub import read_epub
from app.common.readers.html import read_html
from app.common.readers.joining import join_blocks, shorten
from app.common.readers.markdown import markdown_headings
from app.common.readers.markdown_tables import markdown_tables
from app.common.readers.pdf.ocr import Recogniser
from app.common.readers.pdf.pdf import read_pdf
from app.common.readers.pptx import read_pptx
from app.common.readers.raw import (
    Budget,
    Column,
    ColumnKind,
    Data,
    Heading,
    PdfEngine,
    RawDocument,
    ReadLimits,
    Table,
    read_head,
)
from app.common.readers.raw import Kind as FileKind
from app.common.readers.rtf.rtf import read_rtf
from app.common.readers.sheets.csv import read_csv
from app.common.readers.sheets.xlsx import read_xlsx
from app.common.readers.sniff import DESCRIPTIONS, Content, holds_pdf_header, sniff
from app.common.readers.text import read_markdown, read_text
from app.common.readers.word.doc import read_doc
from app.common.readers.word.docx import read_docx

__all__ = [
    "SUPPORTED_EXTENSIONS",
    "SUPPORTED_KINDS",
    "Column",
    "ColumnKind",
    "FileKind",
    "Heading",
    "LoadedDocument",
    "PdfEngine",
    "ReadLimits",
    "Recogniser",
    "Table",
    "check_filename",
    "load_document",
]

_BLANK_HEAD = 1 << 16
_PAGE_BREAK = "\n\n"
_TEXT_CONTENTS: frozenset[Content] = frozenset({"other", "html", "mhtml"})
_PAGE_CONTENTS: frozenset[Content] = frozenset({"other", "html"})
_OFFICE_KINDS = ("docx", "doc", "xlsx", "pptx")
_TEXT_KINDS = ("txt", "md", "csv")


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A document as text.

    `text` is cleaned, its pages are joined by one empty line; `page_starts` holds the offset of each page (kinds
    without pages have one, at 0); `headings` are those of the document, of sheets and of slides; `warnings` are
    sentences about the reading and never hold text of the document; `tables` are those whose rows and columns are
    known, in the order of the text.
    """

    kind: FileKind
    text: str
    page_starts: tuple[int, ...]
    headings: tuple[Heading, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reader:
    kind: FileKind
    title: str
    contents: frozenset[Content]
    read: Callable[[Data, ReadLimits], RawDocument]


_READERS: dict[str, _Reader] = {
    ".pdf": _Reader("pdf", "a PDF document", frozenset({"pdf"}), read_pdf),
    ".docx": _Reader("docx", "a Word document (DOCX)", frozenset({"docx"}), read_docx),
    ".doc": _Reader("doc", "a Word 97-2003 document (DOC)", frozenset({"doc"}), read_doc),
    ".txt": _Reader("txt", "plain text", _TEXT_CONTENTS, read_text),
    ".md": _Reader("md", "Markdown", _TEXT_CONTENTS, read_markdown),
    ".markdown": _Reader("md", "Markdown", _TEXT_CONTENTS, read_markdown),
    ".html": _Reader("html", "a web page (HTML)", _PAGE_CONTENTS, read_html),
    ".htm": _Reader("html", "a web page (HTML)", _PAGE_CONTENTS, read_html),
    ".xhtml": _Reader("html", "a web page (XHTML)", _PAGE_CONTENTS, read_html),
    ".rtf": _Reader("rtf", "a Rich Text Format document (RTF)", frozenset({"rtf"}), read_rtf),
    ".csv": _Reader("csv", "a table in text (CSV)", _TEXT_CONTENTS, read_csv),
    ".tsv": _Reader("csv", "a table in text (TSV)", _TEXT_CONTENTS, read_csv),
    ".xlsx": _Reader("xlsx", "an Excel workbook (XLSX)", frozenset({"xlsx"}), read_xlsx),
    ".pptx": _Reader("pptx", "a PowerPoint presentation (PPTX)", frozenset({"pptx"}), read_pptx),
    ".epub": _Reader("epub", "an e-book (EPUB)", frozenset({"epub"}), read_epub),
}

SUPPORTED_EXTENSIONS = frozenset(_READERS)
"""The endings that are read, in lower case and with their dot."""

SUPPORTED_KINDS = "PDF, DOCX, DOC, TXT, MD, HTML, RTF, CSV, XLSX, PPTX or EPUB"
"""The same for people."""


def load_document(
    filename: str,
    data: Data,
    *,
    pdf_engine: PdfEngine = "pdfium",
    recogniser: Recogniser | None = None,
    limits: ReadLimits | None = None,
) -> LoadedDocument:
    """Read one file, from its bytes or its path. Scanned pages are read when there is a `recogniser`.

    Raises InvalidInput (bad_name), UnsupportedType (unsupported_type, type_mismatch), TooLarge (too_large,
    too_many_pages) and UnreadableFile (encrypted, no_text, corrupt, bomb, empty_file). The libraries below may take
    all memory or end the process on hostile files: call it through `app.services.parsing.pool.ParserPool`.
    """
    limits = limits or ReadLimits()
    reader = _reader_for(check_filename(filename))
    head = read_head(data, _BLANK_HEAD + 1)
    if len(head) <= _BLANK_HEAD and not head.strip():
        raise _empty()
    _check_content(reader, data)
    try:
        pdf = reader.kind == "pdf"
        raw = read_pdf(data, limits, pdf_engine, recogniser) if pdf else reader.read(data, limits)
    except (MemoryError, RecursionError) as exc:
        raise UnreadableFile("Reading the file takes more memory than is allowed; split it.", code="bomb") from exc
    return _finish(reader.kind, raw, limits)


def _reader_for(name: str) -> _Reader:
    reader = _READERS.get("." + name.rpartition(".")[2].lower()) if "." in name else None
    if reader is None:
        raise UnsupportedType(f"This kind of file is not read here; upload {SUPPORTED_KINDS}.")
    return reader


def _check_content(reader: _Reader, data: Data) -> None:
    content = sniff(data)
    if content == "encrypted office" and reader.kind in _OFFICE_KINDS:
        raise UnreadableFile(
            "This Office document is protected by a password; save a copy without one and upload that.",
            code="encrypted",
        )
    if content in reader.contents or (reader.kind == "pdf" and content == "other" and holds_pdf_header(data)):
        return
    raise UnsupportedType(
        f"The file is {DESCRIPTIONS[content]}, but its name says {reader.title}; upload it under its real kind, "
        "or save it as PDF, DOCX or TXT.",
        code="type_mismatch",
    )


def _finish(kind: FileKind, raw: RawDocument, limits: ReadLimits) -> LoadedDocument:
    """Clean, join and check: every offset is one into the cleaned text."""
    _check_readable(raw)
    pages: list[str] = []
    page_starts: list[int] = []
    headings: list[Heading] = []
    tables: list[Table] = []
    start = 0
    for blocks in raw.pages:
        page = join_blocks(blocks, start=start, verbatim=raw.verbatim)
        headings += page.headings
        tables += page.tables
        pages.append(page.text)
        page_starts.append(start)
        start += len(page.text) + len(_PAGE_BREAK)
    text = Budget(limits).spend(_PAGE_BREAK.join(pages))
    if not text.strip():
        raise _empty() if kind in _TEXT_KINDS else UnreadableFile(raw.empty_hint, code="no_text")
    if kind == "md":
        headings = [shorten(heading) for heading in markdown_headings(text)]
        tables = markdown_tables(text, limits)
    return LoadedDocument(
        kind, text, tuple(page_starts), tuple(headings), tuple(raw.warnings), tuple(map(with_kinds, tables))
    )


def _check_readable(raw: RawDocument) -> None:
    sample = "".join(block.text[:2000] for page in raw.pages for block in page[:200])
    if unreadable_share(sample) > MAX_UNREADABLE:
        raise UnreadableFile("The file's text comes out as unreadable symbols; save it again in another format.")


def _empty() -> UnreadableFile:
    return UnreadableFile("The file is empty; upload one that holds text.", code="empty_file")
