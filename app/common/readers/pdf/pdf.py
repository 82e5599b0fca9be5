"""PDF: PDFium first, because it keeps words and table rows whole; pypdf where PDFium refuses a file."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from app.common.errors import UnreadableFile
from app.common.readers.pdf.ocr import Recognised, Recogniser
from app.common.readers.pdf.pages import Refused
from app.common.readers.pdf.pdfium import read_with_pdfium
from app.common.readers.pdf.with_pypdf import ENCRYPTED, read_with_pypdf
from app.common.readers.raw import Block, Budget, Data, PdfEngine, RawDocument, ReadLimits, page_list

logger = logging.getLogger(__name__)

_NOTHING_RECOGNISED = (
    "This PDF holds no text, and none could be recognised in its images (OCR); upload a sharper scan or a version with "
    "a text layer."
)


def read_pdf(
    data: Data, limits: ReadLimits, engine: PdfEngine = "pdfium", recogniser: Recogniser | None = None
) -> RawDocument:
    """Return one page of raw text per page; a page that fails is empty and named in the warnings.

    Pages without any text go to the `recogniser`, if there is one. Raises UnreadableFile (encrypted, corrupt) and
    TooLarge (too_many_pages, too_large).
    """
    raw = _read(data, limits, engine)
    if recogniser and raw.silent:
        return _with_ocr(raw, recogniser.read(data, raw.silent, limits), limits)
    return replace(raw, warnings=raw.warnings + _silent_warnings(raw.pages, raw.silent))


def _with_ocr(raw: RawDocument, recognised: Recognised, limits: ReadLimits) -> RawDocument:
    budget, texts = Budget(limits), recognised.texts
    pages = [
        [Block(budget.spend(texts[index])), *page[1:]] if index in texts else page
        for index, page in enumerate(raw.pages)
    ]
    warnings = list(raw.warnings)
    if texts:
        warnings.append(f"{_were(sorted(texts))} read by OCR.")
    if recognised.left_out:
        warnings.append(f"{_were(recognised.left_out)} not read: OCR has used up its time or pages; split the file.")
    silent = [index for index in raw.silent if index not in texts and index not in recognised.left_out]
    return RawDocument(pages, warnings + _silent_warnings(pages, silent), empty_hint=_NOTHING_RECOGNISED)


def _were(indices: Sequence[int]) -> str:
    return f"{page_list([index + 1 for index in indices])} {'was' if len(indices) == 1 else 'were'}"


def _read(data: Data, limits: ReadLimits, engine: PdfEngine) -> RawDocument:
    if engine == "pypdf":
        return read_with_pypdf(data, limits)
    try:
        return read_with_pdfium(data, limits)
    except Refused as refusal:
        return _second_try(data, limits, refusal)


def _second_try(data: Data, limits: ReadLimits, refusal: Refused) -> RawDocument:
    # pypdf opens some files that PDFium does not: among them those whose owner password is empty.
    logger.info("PDFium refused a file; trying pypdf", extra={"encrypted": refusal.encrypted})
    try:
        return read_with_pypdf(data, limits)
    except UnreadableFile:
        if refusal.encrypted:
            raise UnreadableFile(ENCRYPTED, code="encrypted") from None
        raise


def _silent_warnings(pages: Sequence[Sequence[Block]], silent: Sequence[int]) -> list[str]:
    """Name the pages without text of their own, unless all are, and hold no notes either: then the file is refused."""
    if not silent or not any(block.text.strip() for page in pages for block in page):
        return []
    verb = "holds" if len(silent) == 1 else "hold"
    return [f"{page_list([index + 1 for index in silent])} {verb} no text."]
