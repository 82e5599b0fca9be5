"""The sample documents are what their names say, and the benchmark questions can be answered from them."""

import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import olefile
import pypdfium2
import pytest
from office_oxide import Document

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
NAMES = (
    "frequently-asked-questions.md",
    "owners-manual.pdf",
    "parts-and-prices.txt",
    "service-schedule.docx",
    "warranty.doc",
)
Item = dict[str, Any]


def load(name: str) -> Any:
    return json.loads((ROOT / "benchmarks" / name).read_text(encoding="utf-8"))


FOLLOWUPS: list[Item] = load("followups.json")
QUESTIONS: dict[str, list[Item]] = load("questions.json")
ANSWERABLE = QUESTIONS["single"] + FOLLOWUPS


def plain(text: str) -> str:
    """Bring text to the form in which quotes are compared: no cell borders, no line breaks."""
    return " ".join(text.replace("|", " ").split())


def pdf_pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    pages = []
    for index in range(len(document)):
        page = document[index]
        text_page = page.get_textpage()
        pages.append(text_page.get_text_range())
        text_page.close()
        page.close()
    document.close()
    return pages


def docx_text(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if re.match(r"word/(document|footnotes|header|footer)", name)]
        paragraphs = [part for name in names for part in archive.read(name).decode("utf-8").split("</w:p>")]
    texts = ("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph)) for paragraph in paragraphs)
    return [html.unescape("\n".join(texts))]


def doc_text(content: bytes) -> list[str]:
    return [Document.from_bytes(content, "doc").plain_text()]


def utf8_text(content: bytes) -> list[str]:
    return [content.decode("utf-8")]


READERS: dict[str, Callable[[bytes], list[str]]] = {".pdf": pdf_pages, ".docx": docx_text, ".doc": doc_text}


@cache
def pages_of(name: str) -> tuple[str, ...]:
    content = (SAMPLES / name).read_bytes()
    read = READERS.get(Path(name).suffix, utf8_text)
    return tuple(plain(page) for page in read(content))


def test_the_samples_folder_holds_the_five_documents_and_nothing_else() -> None:
    assert sorted(path.name for path in SAMPLES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_small_enough_to_travel_with_the_code(name: str) -> None:
    assert 1_000 < (SAMPLES / name).stat().st_size < 150_000


def test_the_pdf_has_a_text_layer_on_every_page() -> None:
    assert (SAMPLES / "owners-manual.pdf").read_bytes().startswith(b"%PDF-")
    pages = pages_of("owners-manual.pdf")
    assert len(pages) == 8
    assert all(len(page) > 800 for page in pages)
    assert [f"Page {number} of 8" in page for number, page in enumerate(pages, start=1)] == [True] * 8


def test_the_docx_has_tables_headings_a_header_a_footer_and_a_footnote() -> None:
    with zipfile.ZipFile(SAMPLES / "service-schedule.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    body = parts["word/document.xml"]
    assert body.count(b"<w:tbl>") == 4
    assert body.count(b"Heading") >= 7
    assert body.count(b"w:footnoteReference") == 1
    assert b"revision 6" in parts["word/header1.xml"]
    assert b"Workshop copy" in parts["word/footer1.xml"]
    assert b"all distances are halved" in parts["word/footnotes.xml"]
    assert b"/word/footnotes.xml" in parts["[Content_Types].xml"]


def test_the_doc_is_a_binary_word_file() -> None:
    with olefile.OleFileIO(str(SAMPLES / "warranty.doc")) as container:
        assert container.exists("WordDocument")
        assert container.openstream("WordDocument").read(2) == b"\xec\xa5"


@pytest.mark.parametrize("name", ["frequently-asked-questions.md", "parts-and-prices.txt"])
def test_the_text_samples_are_utf_8_with_unix_line_ends(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    assert b"\r" not in content
    assert content.decode("utf-8").endswith("\n")


def test_the_markdown_sample_has_headings_of_three_levels_and_a_table() -> None:
    text = (SAMPLES / "frequently-asked-questions.md").read_text(encoding="utf-8")
    assert [len(marks) for marks in dict.fromkeys(re.findall(r"^#+", text, re.MULTILINE))] == [1, 2, 3]
    assert "| --- |" in text


@pytest.mark.parametrize("item", ANSWERABLE, ids=lambda item: item["id"])
def test_the_quote_stands_in_the_named_document_and_in_no_other(item: Item) -> None:
    quote = plain(item["answer_quote"])
    holders = [name for name in NAMES if any(quote in page for page in pages_of(name))]
    assert holders == [item["answer_source"]]


@pytest.mark.parametrize("item", QUESTIONS["single"], ids=lambda item: item["id"])
def test_a_question_names_the_one_page_that_answers_it(item: Item) -> None:
    pages = pages_of(item["answer_source"])
    found = [number for number, page in enumerate(pages, start=1) if plain(item["answer_quote"]) in page]
    assert found == ([item["page"]] if item["answer_source"].endswith(".pdf") else [1])
    assert (item["page"] is None) == (not item["answer_source"].endswith(".pdf"))


def test_the_question_sets_are_large_and_their_ids_unique() -> None:
    items = ANSWERABLE + QUESTIONS["unanswerable"]
    assert len({item["id"] for item in items}) == len(items)
    assert len(FOLLOWUPS) >= 40
    assert len(QUESTIONS["single"]) >= 30
    assert [item["kind"] for item in QUESTIONS["unanswerable"]] == ["near"] * 10 + ["far"] * 10


def test_every_sample_is_asked_about() -> None:
    assert {item["answer_source"] for item in QUESTIONS["single"]} == set(NAMES)
    assert {item["answer_source"] for item in FOLLOWUPS} == set(NAMES)


def test_a_follow_up_has_a_history_and_only_a_topic_shift_stands_alone() -> None:
    for item in FOLLOWUPS:
        assert all(turn["question"] and turn["answer"] for turn in item["history"])
        assert item["history"], item["id"]
        assert (item["question"] == item["rewritten"]) == (item["kind"] == "topic shift"), item["id"]
