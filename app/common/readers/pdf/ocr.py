"""Text of scanned pages through tesseract: pages are drawn here, the program runs beside with limits of its own."""

import logging
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from app.common.readers.pdf.hyphens import MARK, join_words
from app.common.readers.raw import Data, ReadLimits

if TYPE_CHECKING:
    import pypdfium2

logger = logging.getLogger(__name__)

_DPI = 250
_POINTS = 72
_MAX_PIXELS = 25_000_000
_MAX_SIDE = 20_000
_PAGE_SECONDS = 60.0
_MIN_CONFIDENCE = 50.0
_MOST_LANGUAGES = 4
_ORIENTATION = "osd"
_WORD_LEVEL = "5"
_COLUMNS = 12
_NICE = 10


class Recognised(NamedTuple):
    """The text of pages by their index, and the pages that the limits left no room for."""

    texts: dict[int, str]
    left_out: list[int]


class Recogniser:
    """Reads pages of a PDF as images. `on_page` is called before each of them."""

    def __init__(self, program: str, on_page: Callable[[], None] = lambda: None) -> None:
        """`program` is the path of tesseract."""
        self._program = program
        self._on_page = on_page

    def read(self, data: Data, pages: Sequence[int], limits: ReadLimits) -> Recognised:
        """Return the text of these pages (from 0) as far as the limits allow; blank and failing pages have none.

        What is recognised with little confidence is no text: it would be found, and wrong.
        """
        import pypdfium2

        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError:
            return Recognised({}, [])
        end = time.monotonic() + limits.ocr_seconds
        texts: dict[int, str] = {}
        with closing(pdf):
            for done, index in enumerate(pages):
                left = end - time.monotonic()
                if done >= limits.max_ocr_pages or left <= 0:
                    return Recognised(texts, list(pages[done:]))
                self._on_page()
                if text := self._page(pdf, index, min(left, _PAGE_SECONDS)):
                    texts[index] = text
        return Recognised(texts, [])

    def _page(self, pdf: "pypdfium2.PdfDocument", index: int, seconds: float) -> str:
        import pypdfium2

        try:
            image, dpi = _draw(pdf, index)
        except pypdfium2.PdfiumError:
            logger.info("a page could not be drawn")
            return ""
        return text_of_table(self._run(image, dpi, seconds)) if image else ""

    def _run(self, image: bytes, dpi: int, seconds: float) -> str:
        """Return tesseract's table of words, empty when it fails or takes too long."""
        languages = _languages(self._program)
        if not languages:
            return ""
        # 1: with a look at which side is up. 3: without.
        mode = "1" if _ORIENTATION in languages else "3"
        wanted = "+".join(name for name in languages if name != _ORIENTATION)
        command = [self._program, "stdin", "stdout", "-l", wanted, "--psm", mode, "--dpi", str(dpi), "tsv"]
        try:
            done = _call(command, image, seconds)
        except (OSError, subprocess.TimeoutExpired):
            logger.info("a page could not be recognised in time")
            return ""
        return done


def text_of_table(table: str) -> str:
    """Return the lines and paragraphs of tesseract's TSV; nothing when it was unsure of most words."""
    lines: dict[tuple[str, ...], list[str]] = {}
    sure: list[float] = []
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) == _COLUMNS and cells[0] == _WORD_LEVEL and cells[-1].strip():
            lines.setdefault(tuple(cells[2:5]), []).append(cells[-1])
            sure += [float(cells[-2])] * len(cells[-1])
    if not sure or sum(sure) / len(sure) < _MIN_CONFIDENCE:
        return ""
    paragraphs: dict[tuple[str, ...], list[str]] = {}
    for place, words in lines.items():
        paragraphs.setdefault(place[:2], []).append(" ".join(words))
    return "\n\n".join(map(_joined, paragraphs.values()))


def _joined(lines: Sequence[str]) -> str:
    """Return a paragraph; a word that is divided at the end of a line becomes whole again, as in PDFs with text."""
    out: list[str] = []
    for before, line in pairwise((*lines, "")):
        divided = before[-1:] == "-" and before[-2:-1].isalpha() and before[-3:-2].isalnum() and line[:1].isalnum()
        out.append(before[:-1] + MARK if divided else f"{before}\n")
    return join_words(["".join(out).rstrip("\n")])[0]


def _draw(pdf: "pypdfium2.PdfDocument", index: int) -> tuple[bytes, int]:
    """Return a page as a grey PGM image and its resolution; an empty one for a page that shows nothing.

    A page that is very large is drawn at a lower resolution, so that it takes no more memory than others.
    """
    with closing(pdf[index]) as page:
        width, height = (max(side, 1.0) for side in page.get_size())
        scale = min(_DPI / _POINTS, (_MAX_PIXELS / (width * height)) ** 0.5, _MAX_SIDE / width, _MAX_SIDE / height)
        with closing(page.render(scale=scale, grayscale=True)) as bitmap:
            wide, high, stride = bitmap.width, bitmap.height, bitmap.stride
            pixels = bytes(bitmap.buffer)
    if wide != stride:
        pixels = b"".join(pixels[row * stride : row * stride + wide] for row in range(high))
    if pixels.count(pixels[:1]) == len(pixels):
        return b"", 0
    return b"P5 %d %d 255\n" % (wide, high) + pixels, max(70, round(scale * _POINTS))


_installed: dict[str, tuple[str, ...]] = {}


def _languages(program: str) -> tuple[str, ...]:
    """Return the languages that are installed, English first; all of them when they are few, else English alone."""
    if program not in _installed:
        try:
            listed = _call([program, "--list-langs"], b"", _PAGE_SECONDS).split("\n")[1:]
        except (OSError, subprocess.TimeoutExpired):
            return ()
        names = sorted(
            {name.strip() for name in listed if name.strip().isalpha()}, key=lambda name: (name != "eng", name)
        )
        spoken = [name for name in names if name != _ORIENTATION]
        kept = spoken if len(spoken) <= _MOST_LANGUAGES else spoken[:1]
        _installed[program] = (*kept, *(name for name in names if name == _ORIENTATION)) if kept else ()
    return _installed[program]


def _call(command: list[str], content: bytes, seconds: float) -> str:
    # Limits of memory and of processor time are those of this process, which the program inherits.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"OMP_THREAD_LIMIT": "1"},  # its threads spin, and slow down whatever else runs
    ) as process:
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
            return process.communicate(content, timeout=seconds)[0].decode("utf-8", "replace")
        finally:
            process.kill()
