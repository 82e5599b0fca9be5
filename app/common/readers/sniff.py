"""What a file is by its content, whatever its name says."""

import re
import zipfile
from collections.abc import Callable
from typing import BinaryIO, Literal

import olefile

from app.common.readers.raw import Data, open_data, read_head

Content = Literal[
    "pdf", "docx", "doc", "encrypted office", "xlsx", "pptx", "epub", "odf", "zip", "xls", "ppt", "ole", "rtf", "html",
    "image", "program", "archive", "media", "old word", "postscript", "mhtml", "other",
]  # fmt: skip

DESCRIPTIONS: dict[Content, str] = {
    "pdf": "a PDF document",
    "docx": "a Word document (DOCX)",
    "doc": "a Word 97-2003 document (DOC)",
    "encrypted office": "an Office document that is protected by a password",
    "xlsx": "an Excel workbook (XLSX)",
    "pptx": "a PowerPoint presentation (PPTX)",
    "epub": "an e-book (EPUB)",
    "odf": "an OpenDocument file",
    "zip": "a ZIP archive",
    "xls": "an Excel 97-2003 workbook (XLS)",
    "ppt": "a PowerPoint 97-2003 presentation (PPT)",
    "ole": "an OLE file without a Word document in it",
    "rtf": "a Rich Text Format document (RTF)",
    "html": "a web page (HTML)",
    "image": "an image",
    "program": "a program",
    "archive": "a packed archive",
    "media": "a sound or video file",
    "old word": "a document of Word for DOS or Word 2",
    "postscript": "a PostScript file",
    "mhtml": "a web archive or a mail (MHTML)",
    "other": "plain text or data of an unknown kind",
}

_HEAD = 4096
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGICS: tuple[tuple[bytes, Content], ...] = (
    (b"{\\rtf", "rtf"),
    (b"%!PS", "postscript"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\x1f\x8b\x08", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"OggS\x00", "media"),
    (b"ID3\x02", "media"),
    (b"ID3\x03", "media"),
    (b"ID3\x04", "media"),
)
_OLD_WORD = (b"\x31\xbe", b"\xdb\xa5", b"\xfe\x37")
_MAIL_HEADER = re.compile(rb"(?:from|mime-version|content-type|subject|date|snapshot-content-location|return-path):")
_HTML = re.compile(rb"\s*<(!doctype\s+html|html|head|body)[\s>]|[^\x00]{0,1000}<html[\s>]", re.IGNORECASE)


def sniff(data: Data) -> Content:
    """Return what the content is; `other` for plain text as for noise, which only decoding can tell apart."""
    head = read_head(data, _HEAD)
    if head.startswith(_OLE_MAGIC):
        return _ole_content(data)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_content(data)
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if bare.lstrip().startswith(b"%PDF-"):
        return "pdf"
    for magic, content in _MAGICS:
        if bare.startswith(magic):
            return content
    return _by_structure(bare)


def holds_pdf_header(data: Data) -> bool:
    """Whether `%PDF-` stands in the first KiB, where PDF readers look for it: some writers put bytes before it."""
    return b"%PDF-" in read_head(data, 1024)


def _by_structure(head: bytes) -> Content:
    if head[:4] == b"RIFF":
        return "image" if head[8:12] == b"WEBP" else "media"
    if head[4:8] == b"ftyp":
        return "media"
    if b"\x00" in head[:64] and head[:2] in (b"MZ", *_OLD_WORD):
        return "program" if head[:2] == b"MZ" else "old word"
    if _is_mail(head):
        return "mhtml"
    return "html" if _HTML.match(head) else "other"


def _is_mail(head: bytes) -> bool:
    """Whether lines of a mail's header stand first, and say that parts follow: browsers save whole pages so."""
    lower = head.lstrip().lower()
    return _MAIL_HEADER.match(lower) is not None and b"mime-version:" in lower and b"multipart/" in lower


def _members(read: Callable[[BinaryIO], set[str]], data: Data) -> set[str] | None:
    """Return the names within a container, None when it is damaged."""
    try:
        with open_data(data) as stream:
            return read(stream)
    except Exception:  # noqa: BLE001 - the libraries raise many kinds on damaged files; the reader says what is wrong
        return None


def _ole_streams(stream: BinaryIO) -> set[str]:
    with olefile.OleFileIO(stream) as ole:
        return {"/".join(path).lower() for path in ole.listdir()}


def _zip_names(stream: BinaryIO) -> set[str]:
    with zipfile.ZipFile(stream) as archive:
        return {name.lower().replace("\\", "/").lstrip("/") for name in archive.namelist()}


def _ole_content(data: Data) -> Content:
    streams = _members(_ole_streams, data)
    if streams is None:
        return "doc"
    known: tuple[tuple[str, Content], ...] = (
        ("encryptedpackage", "encrypted office"),
        ("worddocument", "doc"),
        ("workbook", "xls"),
        ("book", "xls"),
        ("powerpoint document", "ppt"),
    )
    return next((content for name, content in known if name in streams), "ole")


def _zip_content(data: Data) -> Content:
    names = _members(_zip_names, data)
    if names is None:
        return "docx" if b"word/" in read_head(data, _HEAD) else "zip"
    if "[content_types].xml" not in names:
        return "epub" if "meta-inf/container.xml" in names else _zip_by_mimetype(data)
    folders: tuple[tuple[str, Content], ...] = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
    return next((content for folder, content in folders if any(n.startswith(folder) for n in names)), "docx")


def _zip_by_mimetype(data: Data) -> Content:
    # EPUB and OpenDocument put an unpacked entry called mimetype first.
    head = read_head(data, 128)
    if b"mimetypeapplication/epub" in head:
        return "epub"
    return "odf" if b"mimetypeapplication/vnd.oasis" in head else "zip"
