"""Archives and XML of strangers: counted before and while they are unpacked, and never with entities."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple, Self

from lxml import etree

from app.common.errors import UnreadableFile
from app.common.readers.raw import Data, ReadLimits, open_data

_MAX_PART = 64 << 20
_FREE_BYTES = 10 << 20
_MAX_RATIO = 150
_STEP = 1 << 20
_ENTITY = re.compile(b"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y")  # in UTF-16 too
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))

DAMAGED = "The file is damaged and cannot be opened; save it again and upload that copy."


def bomb(what: str) -> UnreadableFile:
    """Return the refusal of a file that unpacks to far more than it shows."""
    return UnreadableFile(f"The file was refused because {what}; save it again as a plain document.", code="bomb")


class Relation(NamedTuple):
    """Where a part points to: the last word of the relation's type, and the part's name."""

    kind: str
    target: str


class Archive:
    """A ZIP file that is read one part at a time. Names are found without regard to case or a leading slash."""

    def __init__(self, data: Data, limits: ReadLimits) -> None:
        """UnreadableFile: corrupt when it is no ZIP file, bomb when it says that it unpacks beyond `limits`."""
        self._limits = limits
        self._stream = open_data(data)
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(self._stream)
            self._check_size(self._stream.seek(0, 2))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as exc:
            self._stream.close()
            raise UnreadableFile(DAMAGED) from exc
        except UnreadableFile:
            self._stream.close()
            raise
        self._names = {name.lower().replace("\\", "/").lstrip("/"): name for name in reversed(self._zip.namelist())}

    def _check_size(self, packed: int) -> None:
        entries = self._zip.infolist()
        if len(entries) > self._limits.max_archive_entries:
            raise bomb("it is made of too many parts")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > self._limits.max_unpacked_bytes:
            raise bomb("it unpacks to too many bytes")
        if unpacked > max(_FREE_BYTES, _MAX_RATIO * packed):
            raise bomb("it unpacks to far more than its size")

    @property
    def names(self) -> list[str]:
        """All names, in lower case."""
        return sorted(self._names)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def read(self, name: str) -> bytes:
        """Return one part. The bytes are counted as they come: what the archive says of their number may be false."""
        out = bytearray()
        try:
            with self._zip.open(self._names[name.lower()]) as part:
                while piece := part.read(_STEP):
                    out += piece
                    self._read += len(piece)
                    if len(out) > _MAX_PART or self._read > self._limits.max_unpacked_bytes:
                        raise bomb("one of its parts unpacks to too many bytes")
        except RuntimeError as exc:  # zipfile's word for a password
            raise UnreadableFile("The file is protected by a password; remove it.", code="encrypted") from exc
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as exc:
            raise UnreadableFile(DAMAGED) from exc
        return bytes(out)

    def xml(self, name: str, *, lenient: bool = False, doctype: bool = False) -> etree._Element:
        """Return one part as XML; see `parse_xml`."""
        return parse_xml(self.read(name), lenient=lenient, doctype=doctype)

    def relations(self, part: str) -> dict[str, Relation]:
        """Return by id what a part of an Office file points to; nothing when it says nothing that can be read."""
        folder, _, file = part.rpartition("/")
        name = f"{folder}/_rels/{file}.rels".lstrip("/")
        if name not in self:
            return {}
        found = {}
        for relation in self.xml(name, lenient=True):
            if relation.get("TargetMode") != "External":
                target = resolve(folder, relation.get("Target") or "")
                found[relation.get("Id") or ""] = Relation((relation.get("Type") or "").rpartition("/")[2], target)
        return found

    def close(self) -> None:
        """Close the archive and its file."""
        self._zip.close()
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def resolve(folder: str, target: str) -> str:
    """Return the name in the archive that `target` means when it stands in `folder`; it never leaves the archive."""
    joined = target if target.startswith("/") else f"{folder}/{target}"
    return posixpath.normpath(f"/{joined}").lstrip("/").lower()


def stream_xml(content: bytes, tag: str) -> Iterator[etree._Element]:
    """Yield the elements of this local name as they are read, and forget each afterwards: for parts of many rows.

    Raises as `parse_xml` does, for any DOCTYPE before the first element.
    """
    if any(mark in content for mark in _DOCTYPES):
        raise bomb("its XML declares entities")
    try:
        for _, element in etree.iterparse(
            BytesIO(content),
            tag=f"{{*}}{tag}",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as exc:
        raise UnreadableFile(DAMAGED) from exc


def parse_xml(content: bytes, *, lenient: bool = False, doctype: bool = False) -> etree._Element:
    """Return the root element; `lenient` takes what can be read of XML that is not well formed.

    UnreadableFile: bomb for any DOCTYPE (Office files have none; with `doctype`, only for one that declares entities),
    corrupt if not XML. Nothing is fetched and no entity is replaced; libxml2's own limits on depth and on growth stay
    on.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=lenient,
    )
    try:
        root: etree._Element | None = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        if any(mark in content[:65536] for mark in _DOCTYPES):
            raise bomb("its XML declares entities") from exc
        raise UnreadableFile(DAMAGED) from exc
    if root is None:
        raise UnreadableFile(DAMAGED)
    declares = root.getroottree().docinfo.internalDTD is not None
    if declares and (not doctype or _ENTITY.search(content)):
        raise bomb("its XML declares entities")
    return root
