"""Taking files in while their sender waits."""

import io
from collections.abc import Callable, Iterator

import pytest

from app.bootstrap import open_services
from app.common.errors import InvalidInput, TooLarge, UnsupportedType
from app.common.ids import ClientId
from app.config import Settings
from app.service import Services
from app.services.ingestion.ingest import ChunkSettings
from app.services.ingestion.uploads import Incoming
from tests.fakes import HashEmbeddings

HARBOUR = ClientId("harbour")
CHUNKING = ChunkSettings(200, 20)
BIG = Incoming("big.txt", io.BytesIO(), TooLarge("The file is larger than 1 MB; split it."))


@pytest.fixture
def services(make_settings: Callable[..., Settings]) -> Iterator[Services]:
    with open_services(make_settings(chunk_size=800, chunk_overlap=100), embedder=HashEmbeddings()) as services:
        yield services


def file(name: str) -> Incoming:
    return Incoming(name, io.BytesIO(f"All about {name}.".encode()))


def spooled(services: Services) -> list[str]:
    return [path.name for path in (services.settings.data_path / "uploads").iterdir()]


def test_each_file_stands_for_itself(services: Services) -> None:
    results = services.uploads.take_all(HARBOUR, [file("a.exe"), file("a.txt"), BIG], CHUNKING)
    assert [result.status for result in results] == ["failed", "ready", "failed"]
    assert [result.error and result.error.code for result in results] == ["unsupported_type", None, "too_large"]
    assert spooled(services) == []


@pytest.mark.parametrize(("first", "error"), [(BIG, TooLarge), (file("a.exe"), UnsupportedType)])
def test_when_all_fail_the_first_ones_error_is_raised(
    services: Services, first: Incoming, error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.uploads.take_all(HARBOUR, [first, file("b.exe"), BIG], CHUNKING)
    assert spooled(services) == []


def test_a_single_files_error_is_in_its_result(services: Services) -> None:
    assert isinstance(services.uploads.take(HARBOUR, file("a.exe")).error, UnsupportedType)


@pytest.mark.parametrize(
    ("asked", "size", "overlap"),
    [({}, 800, 100), ({"size": 200}, 200, 40), ({"size": 2000}, 2000, 100), ({"overlap": 0}, 800, 0)],
)
def test_a_file_is_cut_as_its_sender_asks_or_as_the_service_does(
    services: Services, asked: dict[str, int], size: int, overlap: int
) -> None:
    assert services.uploads.chunking(**asked) == ChunkSettings(size, overlap)


def test_an_overlap_that_does_not_fit_is_refused(services: Services) -> None:
    with pytest.raises(InvalidInput, match="smaller than chunk_size"):
        services.uploads.chunking(overlap=800)
