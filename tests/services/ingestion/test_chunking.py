"""Cutting documents: sizes, overlap, places, pages, sections."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.file_loader import Heading, LoadedDocument, load_document
from app.common.passages import Chunk
from app.services.ingestion.chunking import MOST_SECTIONS, split
from tests import containers, documents

WORDS = st.lists(st.sampled_from(["crane", "harbour", "a", "tide.", "\n", "\n\n", "x" * 40, "Ω", "😀"]), max_size=60)


def _document(*pages: str, headings: tuple[Heading, ...] = ()) -> LoadedDocument:
    starts: list[int] = []
    text = ""
    for page in pages:
        text += "\n\n" if starts else ""
        starts.append(len(text))
        text += page
    return LoadedDocument("pdf", text, tuple(starts), headings, ())


def _split(document: LoadedDocument, size: int = 100, overlap: int = 20) -> list[Chunk]:
    return split(document, document_id="doc_1", source="a.pdf", chunk_size=size, chunk_overlap=overlap)


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=4), st.integers(20, 120), st.floats(0, 0.9))
def test_chunks_are_verbatim_small_enough_and_on_one_page(pages: list[str], size: int, share: float) -> None:
    document = _document(*pages)
    chunks = _split(document, size, int(size * share))
    ends = [*document.page_starts[1:], len(document.text)]
    for chunk in chunks:
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert 0 < len(chunk.text) <= size
        assert document.page_starts[chunk.page - 1] <= chunk.start < chunk.end <= ends[chunk.page - 1]
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))


@given(st.lists(st.sampled_from([" ", "\n", "\n\n", "  ", ". "]), max_size=80), st.integers(20, 120))
def test_no_word_is_lost(gaps: list[str], size: int) -> None:
    document = _document("".join(f"word{number}{gap}" for number, gap in enumerate(gaps)), "last")
    covered = [False] * len(document.text)
    for chunk in _split(document, size, size // 5):
        covered[chunk.start : chunk.end] = [True] * len(chunk.text)
    assert not "".join(char for char, seen in zip(document.text, covered, strict=True) if not seen).strip()


def test_neighbours_overlap() -> None:
    chunks = _split(_document(" ".join(f"word{n}" for n in range(100))), size=100, overlap=40)
    shared = [before.end - after.start for before, after in pairwise(chunks)]
    assert all(20 <= length <= 40 for length in shared)


def test_without_overlap_nothing_is_in_two_chunks() -> None:
    chunks = _split(_document(" ".join(f"word{n}" for n in range(100))), overlap=0)
    assert all(before.end <= after.start for before, after in pairwise(chunks))


def test_pages_count_from_one_and_an_empty_page_has_no_chunk() -> None:
    chunks = _split(_document("first page", " ", "third page"))
    assert [(chunk.page, chunk.text) for chunk in chunks] == [(1, "first page"), (3, "third page")]


def test_ids_are_those_of_the_document() -> None:
    chunks = _split(_document("word " * 100))
    assert [chunk.id for chunk in chunks] == [f"doc_1:{n}" for n in range(len(chunks))]
    assert {chunk.source for chunk in chunks} == {"a.pdf"}


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("Before any heading.", ""),
        ("Under the first.", "One"),
        ("Deeper down.", "One > Two"),
        ("Level with the first.", "Three"),
    ],
)
def test_a_chunk_knows_the_headings_above_it(words: str, section: str) -> None:
    filler = " Filler that makes it long enough for a chunk of its own, which takes a hundred characters or so."
    text = (
        f"Before any heading.{filler}\n\n# One\n\nUnder the first.{filler}\n\n## Two\n\nDeeper down.{filler}\n\n"
        f"# Three\n\nLevel with the first.{filler}\n"
    )
    chunks = split(
        load_document("a.md", text.encode()), document_id="d", source="a.md", chunk_size=140, chunk_overlap=0
    )
    assert {chunk.section for chunk in chunks if words in chunk.text} == {section}


def test_words_are_not_cut() -> None:
    words = [f"word{n}" for n in range(200)]
    chunks = _split(_document(" ".join(words)))
    assert {word for chunk in chunks for word in chunk.text.split()} == set(words)


@pytest.mark.parametrize(("size", "overlap"), [(100, 20), (100, 0), (100, 99), (7, 3)])
def test_a_text_without_spaces_is_cut_into_full_pieces_that_overlap(size: int, overlap: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(1000))
    chunks = _split(_document(f"before {text} after"), size, overlap)
    inside = [chunk for chunk in chunks if set(chunk.text) <= set(text)]
    assert {char for chunk in chunks for char in chunk.text} >= set(text)
    assert all(len(chunk.text) == size for chunk in inside[1:-1])
    assert all(before.end - after.start == overlap for before, after in pairwise(inside))


def test_a_text_of_one_long_word_is_cut_as_fast_as_any_other() -> None:
    assert len(_split(_document("x" * 5_000_000), 1000, 200)) == 6250


def _table_file(rows: int, *, title: str = "", wide: int = 1) -> str:
    head = ",".join(["Part", "Weight", *(f"Measure {n}" for n in range(wide))])
    body = [",".join([f"BX-{n}", str(200 + n), *(str(n * k) for k in range(wide))]) for n in range(rows)]
    return "\n".join([*([title] if title else []), head, *body])


@given(st.integers(1, 60), st.sampled_from(["", "Price list"]), st.integers(1, 8), st.integers(300, 1000))
@settings(max_examples=30, deadline=None)
def test_every_passage_of_a_table_has_its_header_and_no_row_is_lost(
    rows: int, title: str, wide: int, size: int
) -> None:
    document = load_document("a.csv", _table_file(rows, title=title, wide=wide).encode())
    chunks = _split(document, size, size // 5)
    for chunk in chunks:
        assert chunk.text.endswith(document.text[chunk.start : chunk.end])
        assert len(chunk.text) <= size
        assert "BX-" not in chunk.text or chunk.text.removeprefix("Price list\n").startswith(
            "Part | Weight | Measure 0"
        )
    seen = "\n".join(document.text[chunk.start : chunk.end] for chunk in chunks)
    assert all(f"BX-{n} | {200 + n} | " in seen for n in range(rows))


def test_a_header_that_is_put_before_rows_is_no_part_of_their_place() -> None:
    document = load_document("a.csv", _table_file(60).encode())
    first, second, *_ = _split(document, 300, 0)

    assert first.text == document.text[first.start : first.end]
    assert second.text == "Part | Weight | Measure 0\n" + document.text[second.start : second.end]
    assert document.text[second.start : second.end].startswith("BX-")


def test_a_header_wider_than_half_a_passage_is_cut_label_by_label() -> None:
    labels = [f"a rather long name of column {letter}" for letter in "abcdefghijklmn"]
    document = load_document("a.csv", "\n".join([",".join(labels), *["7," * 13 + "x"] * 100]).encode())
    last = _split(document, 400, 0)[-1]

    assert last.text.startswith("a ra…mn a | a ra…mn b | ")
    assert len(last.text) <= 400


def test_a_row_longer_than_a_passage_is_cut_under_the_header() -> None:
    document = load_document("a.csv", ("Name,Text\nBX-1," + "word " * 200 + "\n").encode())
    chunks = _split(document, 200, 20)

    assert len(chunks) > 5
    assert all(chunk.text.startswith("Name | Text\n") for chunk in chunks)


def test_what_stands_around_a_small_table_shares_its_passage() -> None:
    text = "# Prices\n\nAll prices in euros.\n\n| Part | Price |\n| --- | --- |\n| Frame | 7 |\n\nThey hold until May."
    document = load_document("a.md", text.encode())

    assert [chunk.text for chunk in _split(document, 400, 50)] == [text]


def test_long_words_around_tables_are_cut_as_ever() -> None:
    table = "| Part | Price |\n| --- | --- |\n" + "| Frame | 7 |\n" * 20
    document = load_document("a.md", f"{'x' * 900}\n\n{table}\n{'y' * 900}".encode())

    assert max(len(chunk.text) for chunk in _split(document, 300, 50)) == 300
    assert "".join(chunk.text for chunk in _split(document, 300, 50)).count("y") >= 900


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("a.html", "<table><tr><th>Part<th>Weight" + "".join(f"<tr><td>BX-{n}<td>{n}" for n in range(90)) + "</table>"),
        ("a.md", "| Part | Weight |\n|---|---|\n" + "".join(f"| BX-{n} | {n} |\n" for n in range(90))),
    ],
)
def test_tables_of_pages_and_markdown_keep_their_header(name: str, table: str) -> None:
    chunks = _split(load_document(name, f"<p>Before\n\n{table}".encode()), 300, 50)

    assert len(chunks) > 5
    assert all("Part | Weight" in chunk.text for chunk in chunks if "BX-" in chunk.text)


SECTIONS = "# Scope\n\nThe plant.\n\n# Liability\n\n## Cap\n\n5,000 EUR.\n\n## Exceptions\n\nNegligence.\n"


def test_a_passage_names_the_section_in_which_it_begins_and_all_that_it_reaches_into() -> None:
    (chunk,) = _split(load_document("a.md", SECTIONS.encode()), 400)

    assert chunk.section == "Scope"
    assert chunk.sections == ("Scope", "Liability", "Liability > Cap", "Liability > Exceptions")


def test_a_passage_of_one_section_names_no_others() -> None:
    chunks = _split(load_document("a.md", f"# Scope\n\n{'word ' * 200}".encode()), 300)

    assert {(chunk.section, chunk.sections) for chunk in chunks} == {("Scope", ())}


def test_a_passage_that_begins_before_any_heading_names_those_in_it() -> None:
    (chunk,) = _split(load_document("a.md", b"Before.\n\n# Scope\n\nThe plant."), 300)

    assert (chunk.section, chunk.sections) == ("", ("Scope",))


def test_a_page_of_headings_names_no_more_than_anybody_looks_for() -> None:
    (chunk,) = _split(load_document("a.md", "".join(f"# {n}\n\n" for n in range(500)).encode()), 4000)

    assert len(chunk.sections) == MOST_SECTIONS


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.epub", containers.epub({"a.xhtml": "<h1>One</h1><p>x</p>", "b.xhtml": "<p>bare</p>"}), "bare"),
        ("a.rtf", containers.rtf(r"\pard\s1 One\par\pard x{\footnote bare}\par"), "bare"),
        (
            "a.docx",
            documents.docx_of_body(
                documents.paragraph("One", '<w:outlineLvl w:val="0"/>') + documents.paragraph("x"),
                footnotes=documents.word_xml("footnotes", f"<w:footnote>{documents.paragraph('bare')}</w:footnote>"),
            ),
            "bare",
        ),
    ],
)
def test_no_section_leaks_into_what_has_none(name: str, data: bytes, words: str) -> None:
    document = load_document(name, data)
    (chunk,) = [chunk for chunk in _split(document, 8, 0) if words in chunk.text]

    assert chunk.section == ""
