"""DOC: Word 97 to 2003 through office-oxide, Word 6 and 95 through our own reader, which knows their code pages."""

import logging

from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.word import msdoc

logger = logging.getLogger(__name__)


def read_doc(data: Data, limits: ReadLimits) -> RawDocument:
    """Return the text of a binary Word document, with notes, comments, text boxes, headers and footers.

    Raises UnreadableFile (encrypted, corrupt) and TooLarge (too_large).
    """
    content = read_bytes(data)
    header = msdoc.read_header(content)
    text = (_with_office_oxide(content) if header.is_word_97 else None) or msdoc.read_text(content, limits)
    Budget(limits).spend(text)
    return RawDocument([[Block(text)]], empty_hint="This Word document holds no text; upload one that does.")


def _with_office_oxide(content: bytes) -> str | None:
    """Return the text, or None when this reader fails or finds none: then our own has its turn."""
    import office_oxide

    try:
        with office_oxide.Document.from_bytes(content, "doc") as document:
            # The end of a table row comes as two tabs.
            text = document.plain_text().replace("\t\t", "\n") if document.format == "doc" else ""
    except office_oxide.OfficeOxideError:
        text = ""
    if not text.strip():
        logger.info("office-oxide read nothing from a DOC file; trying our own reader")
        return None
    return text
