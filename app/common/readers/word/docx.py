"""DOCX: the whole text in document order, straight from the XML of all parts that a person can see.

python-docx's paragraphs leave out tables, content controls, tracked insertions, notes and text boxes, its cells
repeat merged ones, and it opens neither ISO Strict files nor survives a ZIP bomb: so the parts are walked here.
"""

import logging
import re
from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED, Archive
from app.common.readers.charts import chart_blocks
from app.common.readers.drawings import drawn_text
from app.common.readers.raw import BREAK, Block, Budget, Data, RawDocument, ReadLimits
from app.common.readers.word.docx_numbering import Numbering, read_numbering
from app.common.readers.word.docx_styles import NO_STYLES, read_styles
from app.common.readers.word.docx_walk import DocxWalk

logger = logging.getLogger(__name__)

_Part = TypeVar("_Part")

_DEFAULT_MAIN = "word/document.xml"
_PARTS: tuple[tuple[str, str], ...] = (
    ("footnotes", r"footnotes\d*\.xml"),
    ("endnotes", r"endnotes\d*\.xml"),
    ("comments", r"comments\d*\.xml"),
    ("headers", r"header\d*\.xml"),
    ("footers", r"footer\d*\.xml"),
    ("diagrams", r"diagrams/data\d*\.xml"),
    ("charts", r"charts/chart\d*\.xml"),
)


def read_docx(data: Data, limits: ReadLimits) -> RawDocument:
    """Return body, notes, comments, headers and footers (each once), diagrams and charts.

    Raises UnreadableFile (corrupt, encrypted, bomb) and TooLarge (too_large). A part beside the body that is
    damaged is left out and named in the warnings.
    """
    with Archive(data, limits) as archive:
        main = _main_part(archive)
        folder = main.rpartition("/")[0] + "/" if "/" in main else ""
        try:
            body, warnings = archive.xml(main), []
        except UnreadableFile as exc:
            if exc.code != "corrupt":
                raise
            logger.info("the main part of a DOCX file is not well formed; reading what can be read")
            body, warnings = archive.xml(main, lenient=True), ["The document is damaged; parts may be missing."]
        return _read_parts(archive, body, folder, Budget(limits), warnings)


def _main_part(archive: Archive) -> str:
    targets = []
    if "_rels/.rels" in archive:
        targets = [
            (relation.get("Target") or "").lstrip("/")
            for relation in archive.xml("_rels/.rels")
            if (relation.get("Type") or "").endswith("/officeDocument")
        ]
    for name in (*targets, _DEFAULT_MAIN):
        if name in archive:
            return name.lower()
    raise UnreadableFile(DAMAGED)


def _read_parts(
    archive: Archive, body: etree._Element, folder: str, budget: Budget, warnings: list[str]
) -> RawDocument:
    styles = _helping_part(archive, f"{folder}styles.xml", read_styles, NO_STYLES)
    walk = DocxWalk(styles, _helping_part(archive, f"{folder}numbering.xml", read_numbering, Numbering()), budget)
    blocks, damaged = walk.blocks(body), []
    for title, pattern in _PARTS:
        found: list[Block] = []
        for name in (name for name in archive.names if re.fullmatch(re.escape(folder) + pattern, name)):
            try:
                found += _part_blocks(walk, archive.xml(name), title, budget)
            except UnreadableFile as exc:
                if exc.code != "corrupt":
                    raise
                damaged.append(title)
        # The same header stands in one part per section.
        found = _once(found) if title in ("headers", "footers") else found
        blocks += [BREAK, *found] if found else []
    if warnings and not any(block.text for block in blocks):
        raise UnreadableFile(DAMAGED)
    warnings += [f"The {title} could not be read." for title in dict.fromkeys(damaged)]
    return RawDocument([blocks], warnings, empty_hint="This Word document holds no text; upload one that does.")


def _helping_part(archive: Archive, name: str, read: Callable[[etree._Element], _Part], without: _Part) -> _Part:
    """Return what a part beside the text says; `without` when there is none or it is damaged."""
    if name not in archive:
        return without
    try:
        return read(archive.xml(name))
    except UnreadableFile as exc:
        if exc.code != "corrupt":
            raise
        return without


def _part_blocks(walk: DocxWalk, root: etree._Element, title: str, budget: Budget) -> list[Block]:
    if title == "charts":
        return chart_blocks(root, budget)[0]
    blocks = drawn_text(root, budget) if title == "diagrams" else walk.blocks(root)
    return [block._replace(level=None) for block in blocks]


def _once(blocks: list[Block]) -> list[Block]:
    return list({block.text: block for block in blocks}.values())
