import os
import zipfile
from pathlib import Path

import pytest

from app.common.errors import AppError, InvalidInput, TooLarge, UnreadableFile, UnsupportedType
from app.common.file_loader import SUPPORTED_EXTENSIONS, SUPPORTED_KINDS, ReadLimits, check_filename, load_document
from tests import containers, documents

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PROGRAM = b"MZ\x90\x00" + b"\0" * 60 + b"PE\0\0" + bytes(range(256))
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 200
RTF = rb"{\rtf1\ansi Hello}"
HTML = b"<!DOCTYPE html><html><body>Hello</body></html>"
ZIP = documents.zip_file({"a.txt": b"hello"})
XLSX = documents.zip_file({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
PPTX = documents.zip_file({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"})
EPUB = documents.zip_file({"mimetype": b"application/epub+zip"}, zipfile.ZIP_STORED)
XLS = documents.ole_file({"Workbook": b"x"})
PDF = documents.pdf("Hello")
DOCX = documents.docx_of_body(documents.paragraph("Hello"))
DOC = documents.doc("Hello\r")
TEXT = b"Only plain text.\n"
MHTML = (
    b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/related;\r\n\tboundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<html>Hello</html>"
)
NOISE = bytes(range(256)) * 40
ALL_NAMES = [f"a.{kind.lower()}" for kind in SUPPORTED_KINDS.replace(" or ", ", ").split(", ")]


HELLO = {
    "pdf": PDF,
    "docx": DOCX,
    "doc": DOC,
    "rtf": containers.rtf("Hello"),
    "xlsx": containers.xlsx({"A": [["Hello"]]}),
    "pptx": containers.slides("Hello"),
    "epub": containers.epub({"a.xhtml": "<p>Hello</p>"}),
}


def failure(name: str, data: bytes, limits: ReadLimits | None = None) -> tuple[str, str]:
    with pytest.raises(AppError) as caught:
        load_document(name, data, limits=limits)
    return caught.value.code, caught.value.detail


def outcome(name: str, data: bytes) -> str:
    try:
        load_document(name, data)
    except (UnreadableFile, UnsupportedType) as error:
        return error.code
    return "read"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PDF, "pdf"),
        ("a.PDF", PDF, "pdf"),
        ("a.pdf", b"\r\njunk before\r\n" + PDF, "pdf"),
        ("a.docx", DOCX, "docx"),
        ("a.doc", DOC, "doc"),
        ("a.txt", b"Hello", "txt"),
        ("archive.tar.md", b"Hello", "md"),
        ("a.markdown", b"Hello", "md"),
        ("a.html", b"<p>Hello", "html"),
        ("a.htm", b"Hello", "html"),
        ("a.xhtml", b"<?xml version='1.0'?><html><body>Hello</body></html>", "html"),
        ("a.rtf", containers.rtf("Hello"), "rtf"),
        ("a.csv", b"Hello", "csv"),
        ("a.tsv", b"Hello", "csv"),
        ("a.pptx", containers.slides("Hello"), "pptx"),
        ("a.epub", containers.epub({"a.xhtml": "<p>Hello</p>"}), "epub"),
    ],
)
def test_every_kind_is_read_by_name_and_content(name: str, data: bytes, kind: str) -> None:
    document = load_document(name, data)

    assert (document.kind, document.text, document.page_starts) == (kind, "Hello", (0,))


@pytest.mark.parametrize("name", ALL_NAMES)
def test_a_path_is_read_as_its_bytes_are(name: str, tmp_path: Path) -> None:
    data = HELLO.get(name.rpartition(".")[2], b"Hello")
    path = tmp_path / "spooled"
    path.write_bytes(data)

    assert load_document(name, path) == load_document(name, data)


@pytest.mark.parametrize("name", ["a.exe", "a", ".txt.", "a.pdf.exe", "pdf", "a.xls", "a.odt", "a.json"])
def test_a_name_of_another_kind_is_unsupported(name: str) -> None:
    code, detail = failure(name, b"Hello")

    assert code == "unsupported_type"
    assert SUPPORTED_KINDS in detail


def test_the_supported_kinds_are_named_to_people_as_they_are_to_programs() -> None:
    named = {f".{kind.lower()}" for kind in SUPPORTED_KINDS.replace(" or ", ", ").split(", ")}

    assert named <= SUPPORTED_EXTENSIONS
    assert SUPPORTED_EXTENSIONS - named == {".markdown", ".htm", ".xhtml", ".tsv"}


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.pdf", PROGRAM, "a program"),
        ("a.txt", PROGRAM, "a program"),
        ("a.md", ELF, "a program"),
        ("a.docx", ELF, "a program"),
        ("a.pdf", PNG, "an image"),
        ("a.txt", PNG, "an image"),
        ("a.doc", RTF, "Rich Text Format"),
        ("a.txt", RTF, "Rich Text Format"),
        ("a.doc", HTML, "a web page"),
        ("a.pdf", HTML, "a web page"),
        ("a.doc", b"\xef\xbb\xbf <html>x", "a web page"),
        ("a.docx", ZIP, "a ZIP archive"),
        ("a.txt", ZIP, "a ZIP archive"),
        ("a.docx", XLSX, "an Excel workbook (XLSX)"),
        ("a.docx", PPTX, "a PowerPoint presentation"),
        ("a.docx", EPUB, "an e-book"),
        ("a.doc", XLS, "an Excel 97-2003 workbook"),
        ("a.doc", DOCX, "a Word document (DOCX)"),
        ("a.docx", DOC, "a Word 97-2003 document"),
        ("a.docx", PDF, "a PDF document"),
        ("a.txt", PDF, "a PDF document"),
        ("a.pdf", DOCX, "a Word document (DOCX)"),
        ("a.pdf", TEXT, "plain text"),
        ("a.docx", TEXT, "plain text"),
        ("a.doc", TEXT, "plain text"),
        ("a.txt", NOISE, "binary data"),
        ("a.csv", NOISE, "binary data"),
        ("a.html", NOISE, "binary data"),
        ("a.html", MHTML, "a web archive or a mail (MHTML)"),
        ("a.htm", b"\r\n" + MHTML, "a web archive or a mail (MHTML)"),
        ("a.html", PDF, "a PDF document"),
        ("a.rtf", TEXT, "plain text"),
        ("a.rtf", DOC, "a Word 97-2003 document"),
        ("a.xlsx", XLS, "an Excel 97-2003 workbook"),
        ("a.xlsx", DOCX, "a Word document (DOCX)"),
        ("a.pptx", XLSX, "an Excel workbook (XLSX)"),
        ("a.epub", ZIP, "a ZIP archive"),
        ("a.csv", XLSX, "an Excel workbook (XLSX)"),
    ],
)
def test_content_of_another_kind_is_named(name: str, data: bytes, what: str) -> None:
    code, detail = failure(name, data)

    assert code == "type_mismatch"
    assert what in detail


def test_a_text_about_pdf_files_is_text() -> None:
    assert load_document("a.txt", b"A PDF begins with %PDF-1.7 and MZ is a program").kind == "txt"


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_mail_under_a_text_name_is_text(name: str) -> None:
    assert "MIME-Version" in load_document(name, MHTML).text


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_web_page_under_a_text_name_is_text(name: str) -> None:
    assert "<body>" in load_document(name, HTML).text


@pytest.mark.parametrize("name", ALL_NAMES)
@pytest.mark.parametrize("data", [b"", b" \r\n\t \n", b"\n" * 60_000])
def test_nothing_or_white_space_is_an_empty_file(name: str, data: bytes) -> None:
    assert failure(name, data)[0] == "empty_file"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe", "\u200b\ufeff".encode(), b" " * 70_000])
def test_text_of_invisible_characters_is_an_empty_file(data: bytes) -> None:
    assert failure("a.txt", data)[0] == "empty_file"


@pytest.mark.parametrize("name", ["a.docx", "a.doc", "a.xlsx", "a.pptx"])
def test_a_protected_office_file_is_encrypted(name: str) -> None:
    assert failure(name, documents.ole_file({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}))[0] == "encrypted"


def test_more_characters_than_the_limit_are_too_large() -> None:
    limits = ReadLimits(max_characters=100)

    assert load_document("a.txt", b"x" * 100, limits=limits).text == "x" * 100
    for name, data in [
        ("a.txt", b"x" * 101),
        ("a.pdf", documents.pdf("\n".join(["x" * 60] * 2))),
        ("a.docx", documents.docx_of_body(documents.paragraph("x" * 60) * 2)),
        ("a.doc", documents.doc("x" * 101)),
    ]:
        with pytest.raises(TooLarge) as caught:
            load_document(name, data, limits=limits)
        assert caught.value.code == "too_large"


def test_more_pages_than_the_limit_are_too_many() -> None:
    limits = ReadLimits(max_pages=2)

    assert len(load_document("a.pdf", documents.pdf("a", "b"), limits=limits).page_starts) == 2
    assert failure("a.pdf", documents.pdf("a", "b", "c"), limits)[0] == "too_many_pages"


def test_page_starts_are_offsets_of_pages_in_the_cleaned_text() -> None:
    document = load_document("a.pdf", documents.pdf("first  \nline", "", "third"))

    assert document.text == "first\nline\n\n\n\nthird"
    assert [document.text[start:][:5] for start in document.page_starts] == ["first", "\n\nthi", "third"]


def test_headings_are_offsets_into_the_cleaned_text() -> None:
    body = documents.paragraph("soft\u00adhyphens \u200bhere") + documents.paragraph(
        "A\u00a0chapter", '<w:outlineLvl w:val="1"/>'
    )
    document = load_document("a.docx", documents.docx_of_body(body))
    (heading,) = document.headings

    assert (heading.level, heading.title) == (2, "A chapter")
    assert document.text[heading.start :] == "A chapter"


def test_a_heading_as_long_as_a_page_is_cut() -> None:
    document = load_document("a.md", b"# " + b"word " * 1000 + b"\n\nText")

    assert len(document.headings[0].title) <= 200


def test_a_text_of_private_symbols_is_refused() -> None:
    code, detail = failure("a.docx", documents.docx_of_body(documents.paragraph("\ue001\ue002 \ue003" * 20)))

    assert code == "corrupt"
    assert "\ue001" not in detail


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\report.docx", "report.docx"),
        ("/a\\b/c.md", "c.md"),
        ("  spaced name.txt ", "spaced name.txt"),
        ("🚀👩‍🚀 launch.txt", "🚀👩‍🚀 launch.txt"),
        ("отчёт.pdf", "отчёт.pdf"),
        ("re\u0301sume\u0301.txt", "résumé.txt"),
        ("a" * 251 + ".txt", "a" * 251 + ".txt"),
    ],
)
def test_a_name_is_shown_without_its_folders(name: str, shown: str) -> None:
    assert check_filename(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "a/",
        "a\\",
        "a\0.txt",
        "a\n.txt",
        "\x1b[31m.txt",
        "a\x7f.txt",
        "a\u202efdp.exe",
        "a" * 400,
        "\ud800.txt",
        "a\u2028.txt",
        "\0/b.txt",
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_filename(name)

    assert caught.value.code == "bad_name"
    with pytest.raises(InvalidInput):
        load_document(name, b"Hello")


@pytest.mark.parametrize("name", ALL_NAMES)
@pytest.mark.parametrize("head", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"])
def test_noise_is_refused_with_a_code(name: str, head: bytes) -> None:
    for _ in range(5):
        with pytest.raises((UnreadableFile, UnsupportedType)):
            load_document(name, head + os.urandom(3000))


@pytest.mark.parametrize(("name", "data"), [("a.pdf", documents.pdf("Hello " * 50)), ("a.docx", DOCX), ("a.doc", DOC)])
def test_a_file_that_is_cut_off_gives_text_or_a_code(name: str, data: bytes) -> None:
    for share in range(1, 20):
        assert outcome(name, data[: len(data) * share // 20]) in {"read", "corrupt", "type_mismatch", "no_text"}


def test_no_detail_holds_text_of_the_document() -> None:
    secret = "xylophone"
    for name, data in [
        ("a.docx", documents.docx_of_body(f"<w:p>{secret}<w:r>")),
        ("a.pdf", b"%PDF-1.7 " + secret.encode()),
        ("a.txt", secret.encode() + NOISE),
    ]:
        assert secret not in failure(name, data)[1]
