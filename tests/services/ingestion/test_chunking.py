"""Cutting documents: sizes, overlap, places, pages, sections."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common.file_loader import Heading, LoadedDocument, load_document
from app.common.passages import Chunk
from app.services.ingestion.chunking import split

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
