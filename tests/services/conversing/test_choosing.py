"""Which documents a message names."""

from dataclasses import replace

import pytest

from app.services.conversing.choosing import named_documents, named_in
from tests.services.records import RECORD

NAMES = ("owners-manual.pdf", "warranty.doc", "Driver's guide.txt")
DOCUMENTS = [replace(RECORD, document_id=name, filename=name) for name in NAMES]


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        ("the owner's manual", ["owners-manual.pdf"]),
        ("the owner’s manual and the warranty", ["owners-manual.pdf", "warranty.doc"]),
        ("drivers guide", ["Driver's guide.txt"]),
        ("the owner", []),
    ],
)
def test_a_name_is_known_with_an_apostrophe_and_without(topic: str, named: list[str]) -> None:
    assert [record.filename for record in named_documents(topic, DOCUMENTS)] == named


def test_a_name_with_an_apostrophe_stands_in_a_text() -> None:
    found = named_in("What does the owner's manual say of brakes?", DOCUMENTS)
    assert [record.filename for record in found] == ["owners-manual.pdf"]
