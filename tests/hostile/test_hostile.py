"""Every hostile file through the real app with its real reading processes, one after the other, while others ask."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.errors import AppError
from app.main import create_app
from app.services.parsing.limits import ProcessLimits
from app.services.parsing.pool import ParserPool
from tests.api import TEXT, upload
from tests.fakes import HashEmbeddings
from tests.hostile.corpus import Hostile, corpus
from tests.hostile.sending import Health, outcome, send

LIMITS = ProcessLimits(timeout=20.0, cpu_seconds=6, memory_bytes=300 << 20)
HANGING = 10.0


def children() -> set[int]:
    """Return the processes that this one has started."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


@pytest.fixture(scope="module")
def files() -> list[Hostile]:
    return corpus()


@pytest.fixture
def api(make_settings: Any) -> Iterator[TestClient]:
    # The limit of chunks spares what is read of the largest files from being embedded. Scans are a test of their own.
    settings = make_settings(max_chunks_per_client=300, ocr="off")
    app = create_app(
        settings, opener=lambda found: open_services(found, embedder=HashEmbeddings(), parser_limits=LIMITS)
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_the_corpus_is_large_and_its_titles_differ(files: list[Hostile]) -> None:
    assert len(files) >= 60
    assert len({hostile.title for hostile in files}) == len(files)


@pytest.mark.timeout(300)
def test_every_hostile_file_gets_its_code_and_leaves_nothing_behind(
    api: TestClient, files: list[Hostile], tmp_path: Path
) -> None:
    victim = upload(api, client_id="victim").json()["client_id"]
    stats = f"/api/v1/chat/collections/{victim}/stats"
    before, processes = api.get(stats).json(), len(children())
    health = Health(api)
    wrong = []
    try:
        for number, hostile in enumerate(files):
            # What may be read goes to clients of its own; what may not, to one that must not change.
            client = f"sandbox{number // 20}" if "read" in hostile.outcomes else victim
            response = send(api, hostile, client)
            if response.status_code >= 500 or outcome(response) not in hostile.outcomes:
                wrong.append(f"{hostile.title}: {response.status_code} {outcome(response)}, not {hostile.outcomes}")
    finally:
        health.stop()

    assert not wrong, "\n".join(wrong)
    assert health.statuses == {200}
    assert max(health.seconds) < HANGING, "/health did not answer while a file was read"
    assert api.get(stats).json() == before
    assert not list((tmp_path / "data" / "uploads").iterdir())
    assert not list(Path("/tmp").glob("escaped*"))  # noqa: S108 - where the paths in the names point to
    assert len(children()) == processes
    good = upload(api, ("good.txt", b"The drawbridge opens at noon."), client_id=victim).json()
    assert good["documents"][0]["status"] == "ready"


def test_a_file_that_fails_beside_a_good_one_costs_only_itself(api: TestClient, files: list[Hostile]) -> None:
    hostile = [file for file in files if file.outcomes in ({"corrupt"}, {"type_mismatch"}, {"empty_file"})][::20]
    parts = [(f"{number}-{file.title}", file.content) for number, file in enumerate(hostile)]
    answer = upload(api, *parts[:4], ("good.txt", TEXT.encode()), *parts[4:8], client_id="mixed").json()

    statuses = {document["filename"]: document["status"] for document in answer["documents"]}
    assert [name for name, status in statuses.items() if status == "ready"] == ["good.txt"]
    assert answer["documents_processed"] == 1


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
@pytest.mark.parametrize(
    "title", ["box-huge.pdf", "box-endless.pdf", "image-of-ten-billion-dots.pdf", "deep-states.pdf"]
)
def test_pages_that_cannot_be_drawn_do_not_stop_the_reading_of_scans(title: str, files: list[Hostile]) -> None:
    hostile = next(file for file in files if file.title == title)
    with ParserPool(workers=1, ocr="auto", process_limits=LIMITS) as pool:
        with pytest.raises(AppError) as caught:
            pool.parse(title, hostile.content)
        assert caught.value.code in hostile.outcomes
        assert pool.parse("good.txt", TEXT.encode()).kind == "txt"
