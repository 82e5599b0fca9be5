"""What was put on top of a PDF page: typed text, notes, comments on passages, ticked boxes of forms."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pypdfium2

UNSEEN = 0x02 | 0x20
"""The flags of an annotation that is hidden or not shown on a screen."""

MOST_ANNOTATIONS = 2000
"""No more of them are read on one page."""

PLAIN_STATES = ("", "yes", "on", "true", "1")
"""Names of a ticked box that say nothing but that it is ticked."""

_LONGEST = 40_000


class Annotations:
    """The annotations of one page."""

    def __init__(self, pdf: "pypdfium2.PdfDocument", page: "pypdfium2.PdfPage") -> None:
        import pypdfium2.raw

        self._raw = pypdfium2.raw
        self._page = page
        self._form = pdf.formenv
        raw = self._raw
        self._without_text = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT)
        count = int(self._raw.FPDFPage_GetAnnotCount(page))
        self.drawn = False
        """Whether the page has fields, typed text or the like, which `flatten` makes part of it."""
        self.texts = [text for index in range(min(count, MOST_ANNOTATIONS)) if (text := self._text(index).strip())]
        """The texts of notes, comments and fields, and `name: yes` for each ticked box; hidden ones are left out."""

    def flatten(self) -> None:
        """Make what is drawn part of the page; it has to be opened again to be read with it."""
        self._raw.FPDFPage_Flatten(self._page, self._raw.FLAT_NORMALDISPLAY)

    def _text(self, index: int) -> str:
        found = self._raw.FPDFPage_GetAnnot(self._page, index)
        if not found:
            return ""
        try:
            return "" if self._raw.FPDFAnnot_GetFlags(found) & UNSEEN else self._text_of(found)
        finally:
            self._raw.FPDFPage_CloseAnnot(found)

    def _text_of(self, found: object) -> str:
        kind = self._raw.FPDFAnnot_GetSubtype(found)
        self.drawn = self.drawn or kind not in self._without_text
        if kind == self._raw.FPDF_ANNOT_WIDGET:
            return self._field(found) if self._form else ""
        if kind == self._raw.FPDF_ANNOT_POPUP:
            return ""  # the window of a note, whose text the note has
        return _string(lambda *buffer: self._raw.FPDFAnnot_GetStringValue(found, b"Contents", *buffer))

    def _field(self, found: object) -> str:
        """Return what a field says. Most text is drawn as well; that of a field without a drawing is not."""
        raw, form = self._raw, self._form
        kind = raw.FPDFAnnot_GetFormFieldType(form, found)
        if kind in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
            return _string(lambda *buffer: raw.FPDFAnnot_GetFormFieldValue(form, found, *buffer))
        boxes = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
        if kind not in boxes or not raw.FPDFAnnot_IsChecked(form, found):
            return ""
        name = _string(lambda *buffer: raw.FPDFAnnot_GetFormFieldAlternateName(form, found, *buffer))
        name = name or _string(lambda *buffer: raw.FPDFAnnot_GetFormFieldName(form, found, *buffer))
        state = _string(lambda *buffer: raw.FPDFAnnot_GetFormFieldExportValue(form, found, *buffer))
        return f"{name}: {'yes' if state.lower() in PLAIN_STATES else state}" if name else ""


def _string(read: Callable[..., int]) -> str:
    """Return what a function of PDFium writes into a buffer: UTF-16 with a NUL at its end, its size in bytes."""
    size = read(None, 0)
    if not 2 < size <= 2 * _LONGEST:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    read(buffer, size)
    return bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0")
