"""A document read in its order, from any page and any place."""

from typing import TYPE_CHECKING, cast

import pytest
from fastapi.testclient import TestClient

from app.common.errors import NotFound
from app.common.ids import ClientId
from app.service import Services
from app.services.tenants.reading import AT_ONCE, Reading, Stretch
from tests.api import upload
from tests.documents import pdf

if TYPE_CHECKING:
    from fastapi import FastAPI

HARBOUR = ClientId("harbour")
PAGES = 24
_REST = "\n".join(["The wind is fair and the tide is low in the outer harbour."] * 25)


@pytest.fixture
def services(api: TestClient) -> Services:
    services: Services = cast("FastAPI", api.app).state.services
    return services


@pytest.fixture
def logbook(api: TestClient) -> str:
    """A document of more parts than are read together."""
    pages = [f"Day {number} of the logbook.\n{_REST}" for number in range(1, PAGES + 1)]
    body = upload(api, ("logbook.pdf", pdf(*pages)), client_id="harbour").json()
    document_id: str = body["documents"][0]["document_id"]
    return document_id


def _days(reading: Reading) -> list[tuple[int, str]]:
    return [(piece.page, piece.text.partition("\n")[0]) for piece in reading.pieces]


def test_any_pages_are_read_from_their_beginning_to_their_end(services: Services, logbook: str) -> None:
    documents = services.documents
    assert documents.get(HARBOUR, logbook).stored_parts > AT_ONCE + 10
    for first, last in ((1, 1), (7, 9), (23, 24), (20, 99)):
        wanted = Stretch(first_page=first, last_page=last, most_characters=50_000)
        reading = documents.read(HARBOUR, logbook, wanted)
        pages = range(first, min(last, PAGES) + 1)
        assert _days(reading) == [(page, f"Day {page} of the logbook.") for page in pages]
        assert reading.next_start is None
    assert documents.read(HARBOUR, logbook, Stretch(first_page=25, most_characters=500)).pieces == []


def test_stretches_follow_each_other_without_a_gap(services: Services, logbook: str) -> None:
    texts: list[str] = []
    start: int | None = 0
    while start is not None:
        reading = services.documents.read(HARBOUR, logbook, Stretch(start=start, most_characters=3000))
        texts += [piece.text for piece in reading.pieces]
        assert reading.next_start is None or start + 3000 <= reading.next_start < start + 3500
        start = reading.next_start
    words = " ".join(texts).split()
    assert [word for word in words if word.isdigit()] == [str(day) for day in range(1, PAGES + 1)]
    assert words.count("tide") == PAGES * 25


def test_a_place_is_read_from_the_part_that_holds_it(services: Services, logbook: str) -> None:
    first = services.documents.read(HARBOUR, logbook, Stretch(first_page=12, last_page=12, most_characters=50_000))
    within = first.pieces[0].start + 5
    reading = services.documents.read(HARBOUR, logbook, Stretch(start=within, most_characters=200))
    assert _days(reading) == [(12, "Day 12 of the logbook.")]
    beyond = services.documents.read(HARBOUR, logbook, Stretch(start=10**6, most_characters=200))
    assert (beyond.pieces, beyond.next_start) == ([], None)


def test_a_document_of_anothers_is_not_there(services: Services, logbook: str) -> None:
    with pytest.raises(NotFound):
        services.documents.read(ClientId("airport"), logbook, Stretch(most_characters=200))
