"""What both engines share: pages are collected one by one, and one that fails costs only itself."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.common.errors import TooLarge
from app.common.readers.pdf.rtl import to_reading_order
from app.common.readers.raw import Block, Budget, RawDocument, ReadLimits, page_list

SCANNED = (
    "This PDF holds no text, only images: it was probably scanned. Text is not recognised in images (no OCR) here; "
    "upload a version with a text layer."
)


_MOST_COMPARED = 10_000_000  # characters of a page, once for each note on it


class Refused(Exception):
    """An engine does not open this file, or reads none of its pages; `encrypted` says if it asks for a password."""

    def __init__(self, *, encrypted: bool = False) -> None:
        super().__init__()
        self.encrypted = encrypted


class PageText(NamedTuple):
    """What stands on a page, and what was noted on it."""

    text: str
    notes: list[str]


def collect(
    count: int,
    read: Callable[[int], PageText],
    limits: ReadLimits,
    finish: Callable[[Sequence[str]], list[str]],
) -> RawDocument:
    """Return the pages, each through `read` (from 0) and the texts of all together through `finish`.

    The first block of a page is its text, those after it are the notes that do not repeat it.
    Raises TooLarge (too_many_pages, too_large), and Refused when no page can be read.
    """
    if count > limits.max_pages:
        raise TooLarge(
            f"The PDF has {count:,} pages and the limit is {limits.max_pages:,}; split it.", code="too_many_pages"
        )
    budget, pages, broken = Budget(limits), list[PageText](), list[int]()
    for index in range(count):
        try:
            pages.append(read(index))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - both engines raise many kinds; one bad page must not cost the others
            broken.append(index)
            pages.append(PageText("", []))
        budget.spend(pages[-1].text)
    if len(broken) == count:
        raise Refused  # of which one without any page is a case
    texts = finish([to_reading_order(page.text) for page in pages])
    blocks = [[Block(text), *_notes(page, budget)] for text, page in zip(texts, pages, strict=True)]
    warnings = [f"{page_list([index + 1 for index in broken])} could not be read."] if broken else []
    failed = frozenset(broken)
    silent = [index for index, text in enumerate(texts) if index not in failed and not text.strip()]
    return RawDocument(blocks, warnings, empty_hint=SCANNED, silent=silent)


def _notes(page: PageText, budget: Budget) -> list[Block]:
    """Return the notes, each once; a passage that is marked is often copied into the note on it."""
    shown = "".join(page.text.split())[:_MOST_COMPARED] if page.notes else ""
    compared = _MOST_COMPARED // max(1, len(shown))
    found = [
        note
        for number, note in enumerate(dict.fromkeys(page.notes))
        if number >= compared or "".join(note.split()) not in shown
    ]
    return [Block(budget.spend(note)) for note in found]
