import pytest

from app.common.errors import AppError
from app.common.file_loader import load_document
from tests import containers, documents

CHAPTERS = {"a b.xhtml": "<h1>Cranes</h1><p>They lift.</p>", "b.xhtml": "<p>They ring.</p>"}
ENCRYPTED = (
    "<encryption xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><EncryptedData><CipherData>"
    "<CipherReference URI='{}'/></CipherData></EncryptedData></encryption>"
)


def test_chapters_come_in_the_order_of_reading() -> None:
    document = load_document("a.epub", containers.epub(CHAPTERS))

    assert document.text == "Cranes\n\nThey lift.\n\nThey ring."
    assert [(h.level, h.title) for h in document.headings] == [(1, "Cranes")]


def test_a_chapter_without_a_heading_gets_its_title_from_the_table_of_contents() -> None:
    toc = {"a b.xhtml": "Not this", "b.xhtml": "Bells"}
    document = load_document("a.epub", containers.epub(CHAPTERS, toc))

    assert [h.title for h in document.headings] == ["Cranes", "Bells"]
    assert document.text.endswith("Bells\n\nThey ring.")


def test_the_table_of_contents_of_epub_3_is_read_too() -> None:
    parts = documents.zip_parts(containers.epub(CHAPTERS | {"nav.xhtml": "<nav><a href='b.xhtml'>Bells</a></nav>"}))
    package = parts["OEBPS/book.opf"].replace(b"id='c2' href", b"id='c2' properties='nav' href")
    document = load_document("a.epub", documents.zip_file(parts | {"OEBPS/book.opf": package}))

    assert [h.title for h in document.headings] == ["Cranes", "Bells"]
    assert document.text.endswith("Bells\n\nThey ring.")


def test_a_missing_chapter_is_counted_and_the_others_are_read() -> None:
    parts = documents.zip_parts(containers.epub(CHAPTERS))
    del parts["OEBPS/text/b.xhtml"]
    document = load_document("a.epub", documents.zip_file(parts))

    assert document.text == "Cranes\n\nThey lift."
    assert document.warnings == ("1 chapter is missing in the file.",)


def test_protected_chapters_are_encrypted_and_disguised_fonts_do_not_matter() -> None:
    fonts = containers.epub(CHAPTERS, encryption=ENCRYPTED.format("OEBPS/fonts/a.otf").encode())
    assert load_document("a.epub", fonts).text.startswith("Cranes")
    chapters = containers.epub(CHAPTERS, encryption=ENCRYPTED.format("OEBPS/text/b.xhtml").encode())
    with pytest.raises(AppError) as caught:
        load_document("a.epub", chapters)
    assert caught.value.code == "encrypted"


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("META-INF/container.xml", b"<container/>", "corrupt"),
        ("META-INF/container.xml", b"<a><rootfile full-path='../../../../etc/passwd'/></a>", "corrupt"),
        ("OEBPS/book.opf", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "bomb"),
        ("OEBPS/book.opf", b"<package/>", "no_text"),
        ("OEBPS/book.opf", b"<a><item id='x' href='b'/>" + b"<itemref idref='x'/>" * 6000 + b"</a>", "bomb"),
        ("OEBPS/text/b.xhtml", b"<div>" * 5000, "bomb"),
        ("OEBPS/text/b.xhtml", bytes(range(256)) * 20, "type_mismatch"),
    ],
)
def test_a_broken_or_hostile_book_has_its_code(part: str, content: bytes, code: str) -> None:
    parts = documents.zip_parts(containers.epub(CHAPTERS))
    with pytest.raises(AppError) as caught:
        load_document("a.epub", documents.zip_file(parts | {part: content}))
    assert caught.value.code == code
