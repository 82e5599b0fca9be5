"""PPTX: a page for each slide, under its title: text boxes, tables, diagrams, charts, and the speaker's notes."""

from collections.abc import Iterator

from lxml import etree

from app.common.errors import TooLarge, UnreadableFile
from app.common.readers.archive import DAMAGED, Archive
from app.common.readers.charts import chart_blocks
from app.common.readers.drawings import drawn_text
from app.common.readers.pptx_shapes import ShapeText
from app.common.readers.raw import BREAK, Block, Budget, Data, RawDocument, ReadLimits, page_list
from app.common.readers.xml import child, local_name

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")
_CHARTS = ("chart", "chartEx")


def read_pptx(data: Data, limits: ReadLimits) -> RawDocument:
    """Return one page per slide, in the order of the presentation; hidden slides are empty pages.

    Raises UnreadableFile (corrupt, encrypted, bomb) and TooLarge (too_many_pages, too_large). A slide that is
    damaged is left out and named in the warnings.
    """
    with Archive(data, limits) as archive:
        targets = archive.relations("").values()
        main = next((r.target for r in targets if r.kind == "officeDocument"), "ppt/presentation.xml")
        if main not in archive:
            raise UnreadableFile(DAMAGED)
        slides = _slides(archive, main)
        if len(slides) > limits.max_pages:
            raise TooLarge(
                f"The presentation has {len(slides):,} slides and the limit is {limits.max_pages:,}; split it.",
                code="too_many_pages",
            )
        # Each slide once: a file that names one again and again would be read as often.
        return _read_slides(_Slides(archive, Budget(limits)), list(dict.fromkeys(slides)))


def _slides(archive: Archive, main: str) -> list[str]:
    relations = archive.relations(main)
    identifiers = (
        next((str(value) for key, value in element.attrib.items() if str(key).endswith("}id")), "")
        for element in archive.xml(main).iter()
        if local_name(element) == "sldId"
    )
    named = (relations[name] for name in identifiers if name in relations)
    return [relation.target for relation in named if relation.kind == "slide"]


def _read_slides(reader: "_Slides", slides: list[str]) -> RawDocument:
    pages: list[list[Block]] = []
    hidden, damaged, drawn = list[int](), list[int](), list[int]()
    for number, part in enumerate(slides, start=1):
        page: list[Block] = []
        try:
            found = reader.read(part)
            page = found or []
            hidden += [] if found is not None else [number]
            drawn += [number] if reader.without_numbers else []
        except UnreadableFile as exc:
            if exc.code != "corrupt":
                raise
            damaged.append(number)
        pages.append(page)
    if len(damaged) == len(slides):
        raise UnreadableFile(DAMAGED)
    warnings = [f"{page_list(damaged, 'Slide')} could not be read."] if damaged else []
    if hidden:
        verb = "is hidden and was" if len(hidden) == 1 else "are hidden and were"
        warnings.append(f"{page_list(hidden, 'Slide')} {verb} left out.")
    if drawn:
        warnings.append(f"{page_list(drawn, 'Slide')}: the numbers of a chart are not in the file and were left out.")
    return RawDocument(pages, warnings, empty_hint="This presentation holds no text; upload one that does.")


class _Slides:
    def __init__(self, archive: Archive, budget: Budget) -> None:
        self._archive = archive
        self._budget = budget
        self._text = ShapeText(budget)
        self._read: set[str] = set()  # parts beside slides: each belongs to one
        self.without_numbers = False
        """Whether a chart was met whose numbers are not in the file."""

    def read(self, part: str) -> list[Block] | None:
        """Return a slide's blocks, None when it is hidden."""
        if part not in self._archive:
            raise UnreadableFile(DAMAGED)
        self.without_numbers = False
        root = self._archive.xml(part)
        if root.get("show") in ("0", "false"):
            return None
        titles, rest = list[Block](), list[Block]()
        self._shapes(root, titles, rest)
        for relation in self._archive.relations(part).values():
            if relation.kind in (*_CHARTS, "diagramData", "notesSlide") and self._is_new(relation.target):
                rest += self._beside(relation.kind, self._archive.xml(relation.target))
        # A slide without a title does not belong to the one before.
        return titles + rest if titles or not rest else [BREAK, *rest]

    def _is_new(self, part: str) -> bool:
        new = part in self._archive and part not in self._read
        self._read.add(part)
        return new

    def _beside(self, kind: str, root: etree._Element) -> list[Block]:
        blocks: list[Block] = []
        if kind in _CHARTS:
            blocks, has_numbers = chart_blocks(root, self._budget)
            self.without_numbers = self.without_numbers or not has_numbers
            return blocks
        if kind == "diagramData":
            return drawn_text(root, self._budget)
        self._shapes(root, blocks, blocks)
        blocks = [block._replace(level=None) for block in blocks]
        return [blocks[0]._replace(text=f"Notes: {blocks[0].text}"), *blocks[1:]] if blocks else []

    def _shapes(self, element: etree._Element, titles: list[Block], rest: list[Block]) -> None:
        for found in element:
            name = local_name(found)
            if name == "sp":
                self._shape(found, titles, rest)
            elif name == "tbl":
                table = self._text.table(found)
                rest += [table] if table else []
            elif name not in ("Fallback", "extLst"):
                self._shapes(found, titles, rest)

    def _shape(self, shape: etree._Element, titles: list[Block], rest: list[Block]) -> None:
        holder = next(_named(shape, "ph"), None)
        role = None if holder is None else holder.get("type", "obj")
        if role in _FURNITURE:
            return
        texts = self._text.paragraphs(child(shape, "txBody"))
        if role in _TITLES and texts:
            titles.append(Block(" ".join(" ".join(texts).split()), 1))
        else:
            # The paragraphs of a placeholder are the points of a list.
            rest += [Block(text, None, "item" if role else "paragraph") for text in texts]


def _named(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (found for found in element.iter() if local_name(found) == name)
