"""What was put on top of a page: typed text, notes, comments, fields."""

from typing import get_args

import pytest

from app.common.file_loader import LoadedDocument, PdfEngine, load_document
from tests import documents
from tests.reading.pdf_pages import lines, pdf_of

ENGINES = get_args(PdfEngine)
DRAWN = documents.stream(
    b"BT /F1 12 Tf 2 4 Td (Typed code 4471) Tj ET",
    b"/Type /XObject /Subtype /Form /BBox [0 0 228 20] /Resources << /Font << /F1 3 0 R >> >>",
)


def read(*annotations: str, engine: PdfEngine = "pdfium", drawn: bytes = b"null", form: str = "") -> LoadedDocument:
    objects = {4: drawn} | {5 + n: f"<< /Type /Annot {entries} >>".encode() for n, entries in enumerate(annotations)}
    listed = " ".join(f"{number} 0 R" for number in objects if number > 4)
    data = pdf_of(lines("The limit is 700."), page=f"/Annots [{listed}]", objects=objects, catalog=form)
    return load_document("a.pdf", data, pdf_engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_typed_text_is_read(engine: PdfEngine) -> None:
    entries = "/Subtype /FreeText /Contents (Typed code 4471) /DA (/Helv 12 Tf) /F 4 /Rect [72 600 300 620]"

    assert "Typed code 4471" in read(f"{entries} /AP << /N 4 0 R >>", engine=engine, drawn=DRAWN).text
    assert read(entries, engine=engine).text.count("Typed code 4471") == 1


def test_what_is_drawn_is_read_when_the_note_itself_says_nothing() -> None:
    entries = "/Subtype /Stamp /F 4 /Rect [72 600 300 620] /AP << /N 4 0 R >>"

    assert read(entries, drawn=DRAWN).text == "The limit is 700.\nTyped code 4471"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["Text", "Highlight", "StrikeOut", "Square", "Link"])
def test_notes_and_comments_stand_after_the_page(engine: PdfEngine, kind: str) -> None:
    document = read(f"/Subtype /{kind} /Contents (Ask Bob \\(again\\)) /F 4 /Rect [72 765 100 780]", engine=engine)

    assert document.text == "The limit is 700.\n\nAsk Bob (again)"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("entries", ["/Subtype /Popup", "/Subtype /Text /F 2", "/Subtype /Text /F 32"])
def test_what_nobody_sees_is_left_out(engine: PdfEngine, entries: str) -> None:
    assert read(f"{entries} /Contents (unseen) /Rect [1 1 9 9]", engine=engine).text == "The limit is 700."


@pytest.mark.parametrize("engine", ENGINES)
def test_a_note_that_repeats_the_page_stands_once(engine: PdfEngine) -> None:
    marked = "/Subtype /Highlight /Contents (limit is\r700) /F 4 /Rect [72 765 100 780]"
    twice = "/Subtype /Text /Contents (Why?) /F 4 /Rect [72 765 100 780]"

    assert read(marked, twice, twice, engine=engine).text == "The limit is 700.\n\nWhy?"


@pytest.mark.parametrize("engine", ENGINES)
def test_ticked_boxes_are_named(engine: PdfEngine) -> None:
    box = "/Subtype /Widget /FT /Btn /Rect [72 600 92 620] /F 4"
    document = read(
        f"{box} /T (agree) /V /Yes /AS /Yes /AP << /N << /Yes 4 0 R >> >>",
        f"{box} /T (newsletter) /V /Off /AS /Off /AP << /N << /Yes 4 0 R >> >>",
        f"{box} /T (plan) /V /Gold /AS /Gold /AP << /N << /Gold 4 0 R >> >>",
        engine=engine,
        drawn=documents.stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 20 20]"),
        form="/AcroForm << /Fields [5 0 R 6 0 R 7 0 R] >>",
    )

    assert "agree: yes" in document.text
    assert "plan: Gold" in document.text
    assert "newsletter" not in document.text


def test_choices_and_lines_of_a_form_are_apart() -> None:
    field = "/Subtype /Widget /F 4 /DA (/F1 11 Tf 0 g)"
    document = read(
        f"{field} /FT /Ch /Ff 131072 /T (land) /Opt [(Norway) (Spain)] /V (Spain) /Rect [72 500 200 520]",
        f"{field} /FT /Tx /T (name) /V (Ada L) /Rect [72 450 200 470]",
        form="/AcroForm << /Fields [5 0 R 6 0 R] /NeedAppearances true /DA (/F1 11 Tf 0 g) "
        "/DR << /Font << /F1 3 0 R >> >> >>",
    )

    assert document.text == "The limit is 700.\nSpain\nAda L"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("annotations", ["[99 0 R]", "[null 3]", "7", "[<< /Subtype /Text /Contents 5 /F (x) >>]"])
def test_broken_annotations_cost_only_themselves(engine: PdfEngine, annotations: str) -> None:
    data = pdf_of(lines("The limit is 700."), page=f"/Annots {annotations}")

    assert load_document("a.pdf", data, pdf_engine=engine).text == "The limit is 700."


def test_a_note_on_a_scan_does_not_pass_for_its_text() -> None:
    data = pdf_of("", page="/Annots [<< /Subtype /Text /Contents (Sign here) /Rect [1 1 9 9] >>]")
    document = load_document("a.pdf", data)

    assert document.text == "Sign here"
    assert document.warnings == ("Page 1 holds no text.",)
