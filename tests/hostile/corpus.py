"""Files that were made to break a service, each with what may become of it: `python -m tests.hostile.corpus FOLDER`.

An outcome is an error code, or `read` where it is right to read the file: because it is harmless after all, or
because what is left of it is text. Everything is made from a fixed seed, so that every run meets the same files.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import containers, documents
from tests.hostile import office_files, pdf_files, text_files

Made = tuple[str, bytes, str]
PDF, DOCX, DOC = (
    documents.pdf("Hello " * 50),
    documents.docx_of_body(documents.paragraph("Hello ")),
    documents.doc("Hello\r"),
)
WHOLE = {
    "pdf": documents.pdf("Hello " * 50),
    "docx": documents.docx_of_body(documents.paragraph("Hello ")),
    "doc": documents.doc("Hello\r"),
    "rtf": containers.rtf(r"\pard\s1 Hello\par " + r"There \'e9 " * 30),
    "xlsx": containers.xlsx({"Data": [["Part", "Price"], ["Frame", 7]]}),
    "pptx": containers.slides("Hello", "There"),
    "epub": containers.epub({"a.xhtml": "<h1>Hello</h1><p>There</p>"}),
    "html": b"<!DOCTYPE html><html><body><h1>Hello</h1><p>There</p></body></html>",
    "csv": b"Part,Price\nFrame,7\n" * 20,
    "txt": b"Hello there.\n" * 20,
    "md": b"# Hello\n\nThere.\n" * 20,
}
PRETENDERS = {
    "program": b"MZ\x90\x00" + b"\0" * 60 + b"PE\0\0" + bytes(range(256)) * 20,
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 200 + bytes(range(256)) * 20,
    "image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "archive": documents.zip_file({"a.txt": b"hello"}),
}
_ZIPPED = ("docx", "xlsx", "pptx", "epub")
_TEXTS = ("txt", "md", "html", "csv")


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file; `name` is sent as these bytes, and one of `outcomes` has to come of it."""

    title: str
    name: bytes
    content: bytes
    outcomes: frozenset[str]


def corpus() -> list[Hostile]:
    """Return all files."""
    made = [
        *pdf_files.files(),
        *office_files.files(),
        *text_files.files(),
        *_cut_off(),
        *_flipped(),
        *_noise(),
        *_renamed(),
        *_empty(),
    ]
    named = [Hostile(title, title.encode(), content, frozenset(codes.split())) for title, content, codes in made]
    return [*named, *_names()]


def _cut_off() -> Iterator[Made]:
    for kind, content in WHOLE.items():
        if kind not in _TEXTS:
            for share in (10, 50, 90):
                yield f"cut-{share}.{kind}", content[: len(content) * share // 100], _damaged(kind)


def _flipped() -> Iterator[Made]:
    rng = random.Random(4)
    for kind, content in WHOLE.items():
        for changes in (3, 40):
            broken = bytearray(content)
            for _ in range(changes):
                broken[rng.randrange(8, len(broken))] ^= 1 << rng.randrange(8)
            yield f"flipped-{changes}.{kind}", bytes(broken), _damaged(kind)


def _damaged(kind: str) -> str:
    """What is left of a damaged file may be read; nothing but this may come of it otherwise."""
    if kind in _TEXTS:
        return "read type_mismatch"
    codes = "read corrupt no_text type_mismatch"
    return f"{codes} encrypted bomb" if kind in _ZIPPED else f"{codes} encrypted" if kind == "doc" else codes


def _noise() -> Iterator[Made]:
    noise = random.Random(5).randbytes(20_000)
    heads = {"pdf": b"%PDF-1.7\n", "rtf": b"{\\rtf1", "doc": bytes.fromhex("d0cf11e0a1b11ae1")}
    for kind in WHOLE:
        yield f"noise.{kind}", noise, "type_mismatch"
        head = heads.get(kind, b"PK\x03\x04" if kind in _ZIPPED else b"")
        if head:
            yield f"noise-with-head.{kind}", head + noise, "corrupt type_mismatch"


def _renamed() -> Iterator[Made]:
    for what, content in PRETENDERS.items():
        for kind in WHOLE:
            yield f"{what}.{kind}", content, "type_mismatch"


def _empty() -> Iterator[Made]:
    for kind in WHOLE:
        yield f"empty.{kind}", b"", "empty_file"
        yield f"blank.{kind}", b" \r\n\t" * 1000, "empty_file"
        yield f"zeros.{kind}", b"\0" * 5000, "type_mismatch"


def _names() -> Iterator[Hostile]:
    text = b"The harbour crane lifts forty tonnes."
    names: dict[str, tuple[bytes, str]] = {
        "a NUL in the name": (b"a\0b.txt", "bad_name"),
        "a NUL before the ending": (b"a.pdf\0.txt", "bad_name"),
        "an escape sequence": (b"\x1b[2Ja.txt", "bad_name"),
        "400 letters": (b"a" * 400 + b".txt", "bad_name"),
        "an overridden direction": ("a\u202efdp.txt".encode(), "bad_name"),
        "a line separator": ("a\u2028b.txt".encode(), "bad_name"),
        "only folders": (b"../../", "bad_name"),
        "only dots": (b"..", "bad_name"),
        "no ending": (b"README", "unsupported_type"),
        "only an ending": (b".txt", "read unsupported_type"),
        "two endings": (b"a.pdf.exe", "unsupported_type"),
        "a path upwards": (b"../../../../tmp/escaped.txt", "read"),
        "a path of Windows": (b"C:\\Windows\\system32\\escaped.txt", "read"),
        "an absolute path": (b"/etc/cron.d/escaped.txt", "read"),
        "emoji": ("🚀👩‍🚀.txt".encode(), "read"),
        "Latin-1 bytes": (b"caf\xe9.txt", "read bad_name"),
        "half a letter": (b"\xed\xa0\x80.txt", "read bad_name"),
        "markup": (b"<script>alert(1)</script>.txt", "read"),
        "a formula": (b"=cmd|' /C calc'!A0.txt", "read"),
        "SQL": (b"'; DROP TABLE documents; --.txt", "read"),
        "a device": (b"CON.txt", "read"),
    }
    for number, (title, (name, codes)) in enumerate(names.items()):
        # Different texts: the same one again would be a duplicate.
        yield Hostile(f"name: {title}", name, b"%s %d" % (text, number), frozenset(codes.split()))


def main() -> None:
    """Write the files into a folder, for trying them elsewhere, and a table of what may become of them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, hostile in enumerate(corpus()):
        ending = hostile.title.rpartition(".")[2] if not hostile.title.startswith("name:") else "txt"
        file = folder / f"{number:03}.{ending}"
        file.write_bytes(hostile.content)
        print(file.name, hostile.title, "|".join(sorted(hostile.outcomes)), sep="\t")


if __name__ == "__main__":
    main()
