"""PDF pages through PDFium: their lines, what was filled into forms, and what stands in notes and comments."""

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from app.common.readers.pdf.annotations import Annotations
from app.common.readers.pdf.hyphens import join_words
from app.common.readers.pdf.lines import PageLines
from app.common.readers.pdf.pages import PageText, Refused, collect
from app.common.readers.pdf.places import reading_rotation
from app.common.readers.raw import Data, RawDocument, ReadLimits

if TYPE_CHECKING:
    import pypdfium2

logger = logging.getLogger(__name__)


def read_with_pdfium(data: Data, limits: ReadLimits) -> RawDocument:
    """Return the pages. Raises Refused when PDFium does not open the file, TooLarge (too_many_pages, too_large)."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise Refused(encrypted=exc.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD) from exc
    with closing(pdf):
        _try_forms(pdf)
        return collect(len(pdf), lambda index: _page(pdf, index), limits, join_words)


def _try_forms(pdf: "pypdfium2.PdfDocument") -> None:
    import pypdfium2

    # A form that cannot be set up costs its values, not the text around them.
    try:
        pdf.init_forms()
    except pypdfium2.PdfiumError:
        logger.info("the form of a PDF could not be set up")


def _page(pdf: "pypdfium2.PdfDocument", index: int) -> PageText:
    with closing(pdf[index]) as page:
        annotations = Annotations(pdf, page)
        if not annotations.drawn:
            return PageText(_lines(page), annotations.texts)
        annotations.flatten()
    with closing(pdf[index]) as page:
        return PageText(_lines(page), annotations.texts)


def _lines(page: "pypdfium2.PdfPage") -> str:
    with closing(page.get_textpage()) as text:
        rotation = reading_rotation(page, text)
        if rotation == page.get_rotation():
            return PageLines(page, text).read()
    page.set_rotation(rotation)
    with closing(page.get_textpage()) as text:
        return PageLines(page, text).read()
