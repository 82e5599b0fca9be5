"""PDF pages through pypdf: for the files that PDFium refuses, and where `PDF_ENGINE` asks for it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.common.errors import AppError, UnreadableFile
from app.common.readers.pdf.annotations import MOST_ANNOTATIONS, PLAIN_STATES, UNSEEN
from app.common.readers.pdf.hyphens import join_words, mark_line_ends
from app.common.readers.pdf.pages import PageText, collect
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits, open_data

if TYPE_CHECKING:
    import pypdf

T = TypeVar("T")

logger = logging.getLogger(__name__)

ENCRYPTED = "This PDF is protected by a password; save a copy without one and upload that."
"""What to do about a PDF that asks for a password."""

_CORRUPT = "This PDF is damaged and cannot be opened; export or print it to PDF again."


def read_with_pypdf(data: Data, limits: ReadLimits) -> RawDocument:
    """Return the pages; what was filled into a form stands on the last one, as `name: value` lines.

    Raises UnreadableFile (encrypted, corrupt), TooLarge (too_many_pages, too_large), and Refused as `collect` does.
    """
    import pypdf

    with open_data(data) as stream, _damage_as_corrupt():
        reader = pypdf.PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(ENCRYPTED, code="encrypted")
        raw = collect(len(reader.pages), lambda index: _page(reader.pages[index]), limits, join_words)
        values = _field_values(reader)
    if not values:
        return raw
    Budget(limits).spend(values)
    *others, last = raw.pages
    return replace(raw, pages=[*others, [*last, Block(values)]])


@contextmanager
def _damage_as_corrupt() -> Iterator[None]:
    try:
        yield
    except (AppError, MemoryError):
        raise
    except Exception as exc:  # pypdf raises a dozen kinds on damaged files, from AssertionError to RecursionError
        raise UnreadableFile(_CORRUPT) from exc


def _if_whole(read: Callable[[], T], otherwise: T) -> T:
    """Return what `read` does, or `otherwise` when that part of the file is damaged: it costs itself only."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - see _damage_as_corrupt
        logger.info("a part of a PDF could not be read")
        return otherwise


def _page(page: "pypdf.PageObject") -> PageText:
    notes = (str(note.get("/Contents", "")).strip() for note in _shown_notes(page))
    return PageText(mark_line_ends(page.extract_text()), [note for note in notes if note])


def _shown_notes(page: "pypdf.PageObject") -> list[dict[Any, Any]]:
    """Return the annotations of a page that a reader of it sees, but fields and the windows of notes."""
    found: list[Any] = _if_whole(lambda: [one.get_object() for one in page.annotations or []][:MOST_ANNOTATIONS], [])
    notes = [one for one in found if isinstance(one, dict) and one.get("/Subtype") not in ("/Widget", "/Popup")]
    return [one for one in notes if isinstance(flags := one.get("/F", 0), int) and not flags & UNSEEN]


def _field_values(reader: "pypdf.PdfReader") -> str:
    """Return what was filled into a form, as `name: value` lines: pypdf does not draw it into the pages."""
    fields = _if_whole(reader.get_fields, None) or {}
    found = ((name, field.get("/V")) for name, field in fields.items())
    shown = ((name, _field_value(value)) for name, value in found if isinstance(value, str))
    return "\n".join(f"{name}: {value}" for name, value in shown if value)


def _field_value(value: str) -> str:
    """Return what a field says; boxes name their state with a slash before it."""
    state = value.strip()
    if not state.startswith("/"):
        return state
    return "" if state == "/Off" else "yes" if state[1:].lower() in PLAIN_STATES else state[1:]
