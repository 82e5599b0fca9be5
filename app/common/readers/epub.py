"""EPUB: the chapters of the book in the order of reading, each read as the web page that it is."""

from itertools import islice
from urllib.parse import unquote

from lxml import etree

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED, Archive, bomb, resolve
from app.common.readers.html import declared_encoding, html_blocks
from app.common.readers.raw import BREAK, Block, Budget, Data, RawDocument, ReadLimits
from app.common.readers.text import decode
from app.common.readers.xml import local_name

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_MAX_CHAPTERS = 5000
_LONGEST_TITLE = 300
_LOCKED = "This e-book is protected against copying; upload one without that protection."


def read_epub(data: Data, limits: ReadLimits) -> RawDocument:
    """Return the text of all chapters; one without a heading of its own gets its title from the table of contents.

    Raises UnreadableFile (corrupt, encrypted, bomb) and TooLarge (too_large). A chapter that is missing is named in
    the warnings.
    """
    with Archive(data, limits) as archive:
        book = _Book(archive)
        budget = Budget(limits)
        blocks: list[Block] = []
        missing = 0
        for part in book.spine:
            if part in archive:
                blocks += book.chapter(part, budget)
            else:
                missing += 1
    if missing and not blocks:
        raise UnreadableFile(DAMAGED)
    warnings = [f"{missing} {'chapter is' if missing == 1 else 'chapters are'} missing in the file."] if missing else []
    return RawDocument([blocks], warnings, empty_hint="This e-book holds no text; upload one that does.")


_Title = tuple[str, int]
"""A title in the table of contents, and how deep it stands there; 0 for the first rank."""


class _Book:
    """The package document and what it names."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        package = self._package_name()
        self._folder = package.rpartition("/")[0]
        self._root = _plain_xml(archive, package)
        items = [element for element in self._root.iter() if local_name(element) == "item"]
        self._items = {item.get("id", ""): item for item in items}
        order = [element.get("idref", "") for element in self._root.iter() if local_name(element) == "itemref"]
        if len(order) > _MAX_CHAPTERS:
            raise bomb("it is made of too many chapters")
        # Each chapter once: a book that names one again and again would be read as often.
        self.spine = list(dict.fromkeys(self._name(self._items[key]) for key in order if key in self._items))
        self._refuse_locked()
        self._titles = self._contents()

    def chapter(self, part: str, budget: Budget) -> list[Block]:
        """Return the blocks of one chapter."""
        content = self._archive.read(part)
        blocks = html_blocks(decode(content, declared_encoding(content[:4096])).text, budget)
        # The title of a chapter's page is often that of the whole book: the table of contents knows better.
        blocks = [block for block in blocks if block.level != 0]
        title, depth = self._titles.get(part, ("", None))
        if title and blocks and all(block.level is None for block in blocks):
            return [Block(budget.spend(title), 1), *blocks]
        # What stands before the first heading of a chapter does not belong to the chapter before; nor does a chapter
        # of the first rank, whatever its headings are.
        first = blocks[0].level if blocks else 1
        return [BREAK, *blocks] if first is None or (depth == 0 and first > 1) else blocks

    def _package_name(self) -> str:
        if _CONTAINER not in self._archive:
            raise UnreadableFile(DAMAGED)
        files = (e for e in _plain_xml(self._archive, _CONTAINER).iter() if local_name(e) == "rootfile")
        names = (resolve("", unquote(element.get("full-path", ""))) for element in files)
        name = next((name for name in names if name in self._archive), "")
        if not name:
            raise UnreadableFile(DAMAGED)
        return name

    def _name(self, item: etree._Element) -> str:
        return resolve(self._folder, unquote(item.get("href", "").partition("#")[0]))

    def _refuse_locked(self) -> None:
        """Fonts are often disguised, which does not matter; chapters are when a shop protects its books."""
        if _ENCRYPTION not in self._archive:
            return
        references = (e for e in _plain_xml(self._archive, _ENCRYPTION).iter() if local_name(e) == "CipherReference")
        locked = {resolve("", unquote(element.get("URI", ""))) for element in references}
        if locked & set(self.spine):
            raise UnreadableFile(_LOCKED, code="encrypted")

    def _contents(self) -> dict[str, _Title]:
        """Return the titles of chapters by their files, from the EPUB 2 or the EPUB 3 table of contents."""
        titles: dict[str, _Title] = {}
        for item in self._items.values():
            name = self._name(item)
            if name in self._archive:
                folder = name.rpartition("/")[0]
                if item.get("media-type") == "application/x-dtbncx+xml":
                    found = _ncx_titles(_plain_xml(self._archive, name))
                elif "nav" in item.get("properties", "").split():
                    found = _nav_titles(_plain_xml(self._archive, name))
                else:
                    continue
                for target, title, depth in found:
                    place = resolve(folder, unquote(target.partition("#")[0]))
                    titles.setdefault(place, (" ".join(title.split()), depth))
        return {name: title for name, title in titles.items() if title[0]}


def _ncx_titles(root: etree._Element) -> list[tuple[str, str, int]]:
    found = []
    for point in (element for element in root.iter() if local_name(element) == "navPoint"):
        label = next((_text(e) for e in point if local_name(e) == "navLabel"), "")
        target = next((e.get("src", "") for e in point if local_name(e) == "content"), "")
        found.append((target, label, _rank(point, "navPoint")))
    return found


def _nav_titles(root: etree._Element) -> list[tuple[str, str, int]]:
    links = (element for element in root.iter() if local_name(element) == "a")
    return [(link.get("href", ""), _text(link), max(0, _rank(link, "li") - 1)) for link in links]


def _rank(element: etree._Element, name: str) -> int:
    """Return how many elements of this name stand around one."""
    return sum(1 for above in element.iterancestors() if local_name(above) == name)


def _text(element: etree._Element) -> str:
    """Return the text of a title, or what it begins with: links in links without end would be read again and again."""
    pieces: list[str] = []
    for piece in islice(element.itertext(), _LONGEST_TITLE):
        pieces.append(str(piece)[:_LONGEST_TITLE])
        if len(pieces) > 1 and sum(map(len, pieces)) > _LONGEST_TITLE:
            break
    return "".join(pieces)[:_LONGEST_TITLE]


def _plain_xml(archive: Archive, name: str) -> etree._Element:
    """Return a part that may have a DOCTYPE, as those of e-books do, but no entities of its own."""
    return archive.xml(name, lenient=True, doctype=True)
