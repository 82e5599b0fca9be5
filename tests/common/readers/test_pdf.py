from typing import get_args

import pytest

from app.common.errors import AppError, UnreadableFile
from app.common.file_loader import LoadedDocument, PdfEngine, load_document
from tests import documents

ENGINES = get_args(PdfEngine)


def load(data: bytes, engine: PdfEngine = "pdfium") -> LoadedDocument:
    return load_document("a.pdf", data, pdf_engine=engine)


def code_of(data: bytes, engine: PdfEngine = "pdfium") -> str:
    with pytest.raises(UnreadableFile) as caught:
        load(data, engine)
    return caught.value.code


def code_or_text(data: bytes, engine: PdfEngine) -> str:
    try:
        return load(data, engine).text
    except AppError as error:
        return error.code


@pytest.mark.parametrize("engine", ENGINES)
def test_pages_are_read_in_order(engine: PdfEngine) -> None:
    document = load(documents.pdf("one\ntwo", "three"), engine)

    assert document.text == "one\ntwo\n\nthree"
    assert document.page_starts == (0, 9)
    assert document.warnings == ()


@pytest.mark.parametrize("engine", ENGINES)
def test_pages_without_text_are_named(engine: PdfEngine) -> None:
    document = load(documents.pdf("one", "", "three", "", "five"), engine)

    assert document.warnings == ("Pages 2, 4 hold no text.",)
    assert len(document.page_starts) == 5


def test_many_pages_without_text_make_a_short_warning() -> None:
    (warning,) = load(documents.pdf("one", *[""] * 40)).warnings

    assert warning == "Pages 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (40 in all) hold no text."


@pytest.mark.parametrize(
    ("engine", "sound", "broken"),
    [
        ("pdfium", b"/Kids [4 0 R 6 0 R 8 0 R]", b"/Kids [4 0 R 99 0 R 8 0 R]"),
        ("pypdf", b"7 0 obj\n<<", b"7 0 obj\n<< /Filter /Unknown"),
    ],
)
def test_a_page_that_cannot_be_read_costs_only_itself(engine: PdfEngine, sound: bytes, broken: bytes) -> None:
    whole = documents.pdf("one", "two", "three")
    assert sound in whole

    document = load(whole.replace(sound, broken), engine)

    assert document.text == "one\n\n\n\nthree"
    assert document.warnings == ("Page 2 could not be read.",)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kids", [b"[99 0 R]", b"[[4 0 R]]", b"[]"])
def test_a_file_without_one_readable_page_is_corrupt(engine: PdfEngine, kids: bytes) -> None:
    assert code_of(documents.pdf("one").replace(b"/Kids [4 0 R]", b"/Kids " + kids), engine) == "corrupt"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_scan_is_told_that_ocr_is_not_done(engine: PdfEngine) -> None:
    with pytest.raises(UnreadableFile) as caught:
        load(documents.pdf_image_only(3), engine)

    assert caught.value.code == "no_text"
    assert "OCR" in caught.value.detail


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_filled_into_a_form_is_part_of_the_text(engine: PdfEngine) -> None:
    document = load(documents.pdf_form("Name", "Ada Lovelace"), engine)

    assert document.text.startswith("Please fill in: Name\n")
    assert document.text.endswith("Ada Lovelace")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
@pytest.mark.parametrize(("user", "owner"), [("", ""), ("", "owner"), ("user", "")])
def test_encryption_with_an_empty_password_is_opened(engine: PdfEngine, algorithm: str, user: str, owner: str) -> None:
    data = documents.pdf_encrypted(documents.pdf("readable"), user=user, owner=owner, algorithm=algorithm)

    assert load(data, engine).text == "readable"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_password_is_asked_for_clearly(engine: PdfEngine, algorithm: str) -> None:
    data = documents.pdf_encrypted(documents.pdf("secret"), user="user", owner="owner", algorithm=algorithm)

    assert code_of(data, engine) == "encrypted"


def test_a_word_that_was_divided_at_the_end_of_a_line_is_whole() -> None:
    assert load(documents.pdf("a very dan-\ngerous word")).text == "a very dangerous word"


@pytest.mark.parametrize("engine", ENGINES)
def test_ligatures_are_letters(engine: PdfEngine) -> None:
    assert load(documents.pdf_of_glyphs("of\ufb01ce \ufb02oor"), engine).text == "office floor"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["שלום לכולם זהו טקסט בעברית", "مدرسة الكتاب على الطاولة"])
@pytest.mark.parametrize("drawn_backwards", [True, False])
def test_right_to_left_text_comes_in_reading_order(engine: PdfEngine, text: str, drawn_backwards: bool) -> None:  # noqa: FBT001 - a parameter
    data = documents.pdf_of_glyphs(text[::-1] if drawn_backwards else text)

    assert load(data, engine).text == text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_damaged_pdf_is_corrupt(engine: PdfEngine) -> None:
    assert code_of(b"%PDF-1.7\n1 0 obj\n<< /Type /Cat", engine) == "corrupt"
    assert code_of(documents.pdf_file([b"<< /Type /Catalog /Pages 1 0 R >>"]), engine) in {"corrupt", "no_text"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_circle_of_pages_ends(engine: PdfEngine) -> None:
    data = documents.pdf_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
        ]
    )

    assert code_of(data, engine) == "corrupt"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_count_of_pages_that_is_not_true_is_survived(engine: PdfEngine) -> None:
    data = documents.pdf("one").replace(b"/Count 1", b"/Count 999999999")

    assert code_or_text(data, engine) in {"corrupt", "too_many_pages", "one"}
