"""PDF: PDFium first, because it keeps words and table rows whole; pypdf where PDFium refuses a file."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from app.common.errors import AppError, TooLarge, UnreadableFile
from app.common.readers.pdf.ocr import Recognised, Recogniser
from app.common.readers.pdf.rtl import to_reading_order
from app.common.readers.raw import Block, Budget, Data, PdfEngine, RawDocument, ReadLimits, open_data, page_list

if TYPE_CHECKING:
    import pypdf
    import pypdfium2

_LOGGER = logging.getLogger(__name__)

_ENCRYPTED = "This PDF is protected by a password; save a copy without one and upload that."
_CORRUPT = "This PDF is damaged and cannot be opened; export or print it to PDF again."
_SCANNED = (
    "This PDF holds no text, only images: it was probably scanned. Text is not recognised in images (no OCR) here; "
    "upload a version with a text layer."
)
_NOTHING_RECOGNISED = (
    "This PDF holds no text, and none could be recognised in its images (OCR); upload a sharper scan or a version with "
    "a text layer."
)


class _Refused(Exception):
    """An engine does not open this file, or reads none of its pages; `encrypted` says if it asks for a password."""

    def __init__(self, *, encrypted: bool = False) -> None:
        super().__init__()
        self.encrypted = encrypted


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
    return replace(raw, warnings=raw.warnings + _silent_warnings(len(raw.pages), raw.silent))


def _with_ocr(raw: RawDocument, recognised: Recognised, limits: ReadLimits) -> RawDocument:
    budget, texts = Budget(limits), recognised.texts
    pages = [[Block(budget.spend(texts[index]))] if index in texts else page for index, page in enumerate(raw.pages)]
    warnings = list(raw.warnings)
    if texts:
        warnings.append(f"{_were(sorted(texts))} read by OCR.")
    if recognised.left_out:
        warnings.append(f"{_were(recognised.left_out)} not read: OCR has used up its time or pages; split the file.")
    silent = [index for index in raw.silent if index not in texts and index not in recognised.left_out]
    return RawDocument(pages, warnings + _silent_warnings(len(pages), silent), empty_hint=_NOTHING_RECOGNISED)


def _were(indices: Sequence[int]) -> str:
    return f"{page_list([index + 1 for index in indices])} {'was' if len(indices) == 1 else 'were'}"


def _read(data: Data, limits: ReadLimits, engine: PdfEngine) -> RawDocument:
    if engine == "pypdf":
        return _read_with_pypdf(data, limits)
    try:
        return _read_with_pdfium(data, limits)
    except _Refused as refusal:
        return _second_try(data, limits, refusal)


def _second_try(data: Data, limits: ReadLimits, refusal: _Refused) -> RawDocument:
    # pypdf opens some files that PDFium does not: among them those whose owner password is empty.
    _LOGGER.info("PDFium refused a file (asks for a password: %s); trying pypdf", refusal.encrypted)
    try:
        return _read_with_pypdf(data, limits)
    except UnreadableFile:
        if refusal.encrypted:
            raise UnreadableFile(_ENCRYPTED, code="encrypted") from None
        raise


def _read_with_pdfium(data: Data, limits: ReadLimits) -> RawDocument:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise _Refused(encrypted=exc.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD) from exc
    with closing(pdf):
        _try_forms(pdf)
        return _collect(len(pdf), lambda index: _pdfium_page(pdf, index), limits)


def _try_forms(pdf: "pypdfium2.PdfDocument") -> None:
    import pypdfium2

    # A form that cannot be set up costs its values, not the text around them.
    try:
        pdf.init_forms()
    except pypdfium2.PdfiumError:
        _LOGGER.info("the form of a PDF could not be set up")


def _pdfium_page(pdf: "pypdfium2.PdfDocument", index: int) -> str:
    if pdf.formenv:
        # What was filled into a form is part of the page's text only once the form is made part of the page.
        with closing(pdf[index]) as page:
            page.flatten()
    with closing(pdf[index]) as page, closing(page.get_textpage()) as text:
        return str(text.get_text_bounded())


def _read_with_pypdf(data: Data, limits: ReadLimits) -> RawDocument:
    import pypdf

    with open_data(data) as stream, _damage_as_corrupt():
        reader = pypdf.PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(_ENCRYPTED, code="encrypted")
        raw = _collect(len(reader.pages), lambda index: reader.pages[index].extract_text(), limits)
        values = _field_values(reader)
    if not values:
        return raw
    Budget(limits).spend(values)
    last = len(raw.pages) - 1
    pages = [*raw.pages[:last], [*raw.pages[last], Block(values)]]
    return replace(raw, pages=pages, silent=[index for index in raw.silent if index != last])


@contextmanager
def _damage_as_corrupt() -> Iterator[None]:
    try:
        yield
    except (AppError, MemoryError):
        raise
    except Exception as exc:  # pypdf raises a dozen kinds on damaged files, from AssertionError to RecursionError
        raise UnreadableFile(_CORRUPT) from exc


def _field_values(reader: "pypdf.PdfReader") -> str:
    """Return what was filled into a form, as `name: value` lines: pypdf does not draw it into the pages."""
    try:
        fields = reader.get_fields() or {}
    except Exception:  # noqa: BLE001 - see _damage_as_corrupt; a broken form costs its values only
        _LOGGER.info("the form of a PDF could not be read")
        return ""
    found = ((name, field.get("/V")) for name, field in fields.items())
    return "\n".join(f"{name}: {value}" for name, value in found if isinstance(value, str) and value.strip())


def _collect(count: int, text_of: Callable[[int], str], limits: ReadLimits) -> RawDocument:
    if count > limits.max_pages:
        raise TooLarge(
            f"The PDF has {count:,} pages and the limit is {limits.max_pages:,}; split it.", code="too_many_pages"
        )
    budget, pages, broken, silent = Budget(limits), [], [], []
    for number in range(1, count + 1):
        try:
            text = to_reading_order(text_of(number - 1))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - both engines raise many kinds; one bad page must not cost the others
            broken.append(number)
            text = ""
        else:
            silent += [] if text.strip() else [number - 1]
        pages.append([Block(budget.spend(text))])
    if len(broken) == count:
        raise _Refused  # of which one without any page is a case
    warnings = [f"{page_list(broken)} could not be read."] if broken else []
    return RawDocument(pages, warnings, empty_hint=_SCANNED, silent=silent)


def _silent_warnings(count: int, silent: Sequence[int]) -> list[str]:
    """Name the pages without text, unless all are: then the whole file is refused."""
    if not silent or len(silent) == count:
        return []
    verb = "holds" if len(silent) == 1 else "hold"
    return [f"{page_list([index + 1 for index in silent])} {verb} no text."]
