"""Every file of the corpus through the real reading process: all its values are right."""

from collections.abc import Iterator

import pytest

from app.common.file_loader import SUPPORTED_EXTENSIONS, LoadedDocument
from app.services.parsing.pool import ParserPool
from tests.reading import page_readings, pdf_readings, sheet_readings, word_readings
from tests.reading.corpus import Reading, spaced

READINGS = [
    *pdf_readings.READINGS,
    *word_readings.READINGS,
    *sheet_readings.READINGS,
    *page_readings.READINGS,
]


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1) as made:
        yield made


def test_the_corpus_is_large_and_of_every_kind() -> None:
    endings = {"." + reading.filename.rpartition(".")[2] for reading in READINGS}

    assert len(READINGS) >= 60
    assert endings >= SUPPORTED_EXTENSIONS - {".htm", ".xhtml", ".markdown", ".tsv"}


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading.filename}: {reading.title}")
def test_its_values_are_right(reading: Reading, pool: ParserPool) -> None:
    document = pool.parse(reading.filename, reading.content)
    text = spaced(document.text)

    assert [value for value in reading.holds if spaced(value) not in text] == [], text
    assert [value for value in reading.lacks if spaced(value) in text] == [], text
    assert any(reading.warns in warning for warning in document.warnings) or not reading.warns, document.warnings
    if reading.tables:
        assert tuple(table.header for table in document.tables) == reading.tables
    _check_places(document)


def _check_places(document: LoadedDocument) -> None:
    """Tables stand where they say: one line for each row, header and title first."""
    for table in document.tables:
        lines = [line for line in document.text[table.start : table.end].split("\n") if line]
        above = document.text[table.start : table.header_end].count("\n") + 1 if table.header else 0
        assert table.start <= table.header_start <= table.header_end <= table.end
        assert len(lines) == above + len(table.rows)
