"""Parts tile a document, fit the embedding model, know what stands above them, and make up the chunks of its list."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.file_loader import Heading, LoadedDocument, load_document
from app.common.passages import embedded_text, joined, title_of
from app.services.ingestion.chunking import split
from app.services.ingestion.page_heads import page_heads
from app.services.ingestion.parts import PART_UNITS, CutDocument, cut_parts, units

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
PROSE = " ".join(f"Sentence number {number} tells of cranes and ferries in the harbour." for number in range(60))


def document(*pages: str, headings: tuple[Heading, ...] = ()) -> LoadedDocument:
    starts, text = [], ""
    for page in pages:
        text += "\n\n" if text else ""
        starts.append(len(text))
        text += page
    return LoadedDocument("pdf", text, tuple(starts), headings, ())


def cut(loaded: LoadedDocument, chunk_size: int = 1000, chunk_overlap: int = 200) -> CutDocument:
    return cut_parts(
        loaded, document_id="doc", source="manual_2024.pdf", chunk_size=chunk_size, chunk_overlap=chunk_overlap
    )


def assert_tiles(loaded: LoadedDocument, made: CutDocument) -> None:
    """No part overlaps another or a page's end; together they are the text."""
    at = 0
    for place, part in enumerate(made.parts):
        assert part.index == place
        body = part.end - part.start
        assert part.text[-body:] == loaded.text[part.start : part.end]
        assert not loaded.text[at : part.start].strip()
        at = part.end
        page_end = [*loaded.page_starts[1:], len(loaded.text)][part.page - 1]
        assert loaded.page_starts[part.page - 1] <= part.start < part.end <= page_end
    assert not loaded.text[at:].strip()


def test_parts_of_the_samples_tile_them_and_make_up_their_chunks() -> None:
    for path in SAMPLES.iterdir():
        loaded = load_document(path.name, path)
        made = cut(loaded)
        assert_tiles(loaded, made)
        listed = split(loaded, document_id="doc", source="x.pdf", chunk_size=1000, chunk_overlap=200)
        assert [(span.start, span.end) for span in made.chunks] == [(chunk.start, chunk.end) for chunk in listed]
        for span, chunk in zip(made.chunks, listed, strict=True):
            assert joined(made.parts[span.first : span.after], span.start, span.end, span.header) == chunk.text, (
                path.name
            )


def test_parts_fit_what_the_model_reads() -> None:
    for text in (PROSE, "保修期为两年。" * 300, "x" * 3000, "한국어 문장입니다. " * 200):
        made = cut(document(text))
        assert all(units(part.text.strip()) <= PART_UNITS for part in made.parts)
        assert_tiles(document(text), made)


def test_small_chunks_are_made_of_smaller_parts() -> None:
    made = cut(document(PROSE), chunk_size=150, chunk_overlap=30)
    assert max(len(part.text.strip()) for part in made.parts) <= 150


def test_each_part_knows_the_chunk_of_the_list_it_is_in() -> None:
    made = cut(document(PROSE))
    numbers = [part.number for part in made.parts]
    assert numbers == sorted(numbers, key=lambda number: number or 0)
    assert set(numbers) == set(range(len(made.chunks)))


def test_what_is_embedded_begins_with_the_title_and_the_headings() -> None:
    loaded = document("Billing\nAll bills.", headings=(Heading(0, 1, "Billing"),))
    (part,) = cut(loaded).parts
    assert embedded_text(part) == "manual 2024\nBilling\nBilling\nAll bills."


def test_pages_without_headings_lend_their_first_lines() -> None:
    heads = [f"Charging the battery {name}" for name in ("alone", "in winter", "abroad", "twice")]
    pages = [f"Harbour Works\n{head}\n{PROSE}" for head in heads]
    made = cut(document(*pages))
    first, second = [part for part in made.parts if part.page == 2][:2]
    assert first.head == "Charging the battery in winter", "the name on each page is passed over"
    assert embedded_text(second).startswith("manual 2024\nCharging the battery in winter\n")
    begins = cut(document(*(page.partition("\n")[2] for page in pages))).parts[0]
    assert begins.head == "", "a part that begins with the head does not need it twice"


def test_running_headers_and_prose_are_no_heads() -> None:
    pages = [f"ACME Corp {number}\nthe text goes on, in small letters\nMore." for number in range(10)]
    text = "\n\n".join(pages)
    starts = [text.index(page) for page in pages]
    assert page_heads(text, starts) == [""] * 10


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("user_manual-v2.pdf", "user manual v2"),
        ("12.txt", ""),
        ("Vertrag.2024.docx", "Vertrag 2024"),
        ("合同.md", "合同"),
    ],
)
def test_a_file_name_is_a_title_if_it_says_anything(name: str, title: str) -> None:
    assert title_of(name) == title


def test_any_run_of_the_text_can_be_put_together_again() -> None:
    loaded = document(PROSE, PROSE)
    parts = [part for part in cut(loaded).parts if part.page == 1]
    for start in range(0, 1500, 97):
        assert joined(parts, start, start + 600, "") == loaded.text[start : start + 600].strip()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(alphabet="ab 字\n.|", max_size=900), min_size=1, max_size=3), st.integers(100, 1200))
def test_any_document_is_tiled(pages: list[str], chunk_size: int) -> None:
    if not any(page.strip() for page in pages):
        return
    loaded = document(*pages)
    made = cut(loaded, chunk_size, chunk_size // 5)
    assert_tiles(loaded, made)
    assert all(span.first < span.after <= len(made.parts) for span in made.chunks)
