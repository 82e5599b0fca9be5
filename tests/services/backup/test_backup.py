"""Backups while the service runs, and what becomes of them."""

import io
import json
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

from app.commands.doctor import doctor, inspected
from app.common.errors import Conflict, InsufficientStorage, Unavailable, disk_full
from app.common.space import DiskSpace
from app.folders import backup_sources, data_files
from app.services.backup.files import Pace
from app.services.backup.indexes import copy_indexes, signatures
from app.services.backup.layout import layout
from app.services.backup.restoring import restore
from app.services.backup.service import FOLDER, BackupService, Maker
from app.services.backup.staging import settle, take
from app.services.chroma import sql as chroma_sql
from tests.api import TEXT, AppFactory, ask, assert_problem, quick_app, upload
from tests.services.backup.conftest import BACKUP, Restored, backup, fill, services_of, settings_for_copy
from tests.waiting import wait_for


def everything(api: TestClient) -> list[object]:
    """All that a caller can see of the clients."""
    get = api.get
    seen: list[object] = [
        ask(api, "Who built the crane?", "harbour", use_memory=False).json()["sources"],
        ask(api, "When is high tide?", "bakery", use_memory=False).json()["sources"],
    ]
    for client_id in ("harbour", "bakery"):
        of = {"client_id": client_id}
        keys = get(f"/api/v1/clients/{client_id}/keys").json()["keys"]
        seen += [
            get("/api/v1/documents", params=of).json(),
            get("/api/v1/sessions", params=of).json(),
            get("/api/v1/ingest/jobs", params=of).json(),
            get(f"/api/v1/clients/{client_id}/feedback").json(),
            get(f"/api/v1/clients/{client_id}/settings").json(),
            [key["label"] for key in keys],
        ]
    return seen


def test_all_of_it_is_there_after_restoring(full: TestClient, archive: bytes, tmp_path: Path) -> None:
    assert not (services_of(full).settings.data_path / FOLDER).exists()
    before = everything(full)
    assert "of the backup test" in json.dumps(before)
    restore(io.BytesIO(archive), tmp_path / "new")
    settings, lines = settings_for_copy(tmp_path / "new"), list[str]()
    assert doctor(settings, lines.append), lines
    with TestClient(quick_app(settings)) as again:
        assert everything(again) == before
    assert len(list(layout(tmp_path / "new").tables.glob("*/*/doc_*.db"))) == 1


def test_uploads_that_wait_are_in_it(api: TestClient, restored: Restored) -> None:
    services_of(api).jobs.interrupt()
    parts = [("files", ("crane.txt", TEXT.encode()))]
    job = api.post("/api/v1/ingest/?async=true", files=parts, data={"client_id": "harbour"}).json()["job_id"]
    again = restored(backup(api))
    wait_for(lambda: again.get(f"/api/v1/ingest/jobs/{job}").json()["status"] == "completed")
    assert "Oskarsson" in ask(again, "Who built the crane?", "harbour").json()["response"]


def test_a_document_that_is_deleted_or_comes_while_it_is_made_is_as_at_the_moment(
    api: TestClient, tmp_path: Path
) -> None:
    full = fill(api)
    services, folder = services_of(full), tmp_path / "copy"
    sources = backup_sources(services.settings)
    take(sources, folder, Event())
    full.delete("/api/v1/chat/collections/harbour")
    upload(full, ("late.txt", b"The late ship carries xylophones."), client_id="bakery")
    upload(full, ("late.txt", b"The late ship carries xylophones."), client_id="newcomer")
    settle(sources, folder, Event())

    settings = settings_for_copy(folder)
    found = inspected(settings)
    assert {client.client_id: sorted(client.recorded.values()) for client in found.clients} == {
        "bakery": [1],
        "harbour": [1, 1],
    }
    assert not any(client.incomplete or client.unknown or client.unindexed for client in found.clients)
    assert (found.orphan_words, found.orphan_tables, found.orphan_folders) == (0, 0, ())


def test_an_index_that_is_written_while_it_is_copied_is_made_again_from_what_it_has(
    api: TestClient, tmp_path: Path
) -> None:
    full = fill(api)
    services, target = services_of(full), layout(tmp_path / "copy").chroma
    target.mkdir(parents=True)
    before = signatures(services.settings.vector_store_path)
    upload(full, ("late.txt", b"The late ship carries xylophones."), client_id="harbour")
    copy_indexes(services.settings.vector_store_path, target, before, Pace())
    kept = {path.name for path in target.iterdir()}
    segments = {facts.collection: facts.segment_id for facts in chroma_sql.facts(services.settings.vector_store_path)}
    assert kept == {f"{segments['docs_harbour']}.damaged", segments["docs_bakery"]}


def test_an_index_that_was_set_aside_answers_after_a_while(archive: bytes, tmp_path: Path) -> None:
    restore(io.BytesIO(archive), tmp_path / "new")
    for index in [path for path in layout(tmp_path / "new").chroma.glob("*-*") if path.is_dir()]:
        index.rename(index.with_name(f"{index.name}.damaged"))
    with TestClient(quick_app(settings_for_copy(tmp_path / "new"))) as repaired:
        answers = wait_for(lambda: (got := ask(repaired, "Who built the crane?", "harbour")).status_code == 200 and got)
        assert "Oskarsson" in answers.json()["response"]


def test_only_one_is_made_at_a_time(full: TestClient) -> None:
    backups = services_of(full).backups
    backups.prepare()
    assert_problem(full.post(BACKUP), 409, "backup_running")
    backups.finish()
    backup(full)


def test_what_is_deleted_and_not_compacted_yet_is_compacted_after_restoring(api: TestClient, tmp_path: Path) -> None:
    compactor = services_of(fill(api)).internals.compactor
    with compactor.held_off():
        api.delete("/api/v1/chat/collections/bakery")
        take(backup_sources(services_of(api).settings), tmp_path / "copy", Event())
    compactor.run()
    assert layout(tmp_path / "copy").marker.exists()


def service(api: TestClient, **values: object) -> BackupService:
    settings = services_of(api).settings
    given = {"space": DiskSpace(), **values}
    maker = Maker("0", "hash", settings.data_path / FOLDER)
    return BackupService(backup_sources(settings), maker, **given)  # type: ignore[arg-type]


class FullDisk(DiskSpace):
    def require(self, size: int = 0) -> None:
        assert size > 100_000
        raise disk_full()


def test_without_room_nothing_is_begun(full: TestClient) -> None:
    backups = service(full, space=FullDisk())
    for _ in range(2):  # and nothing is left that hinders the next one
        with pytest.raises(InsufficientStorage):
            backups.prepare()
    assert not (services_of(full).settings.data_path / FOLDER).exists()


def test_what_a_kill_left_behind_goes(full: TestClient) -> None:
    left = services_of(full).settings.data_path / FOLDER / "backup_1" / "data"
    left.mkdir(parents=True)
    with closing(service(full)):
        assert not left.exists()


def test_a_damaged_database_is_not_taken_for_a_backup_and_one_is_given_up_at_the_end(api: TestClient) -> None:
    services = services_of(fill(api))
    services.internals.catalog.compact()
    with data_files(services.settings).catalog.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"damage" * 4000)
    assert_problem(api.post(BACKUP), 503, "database_damaged")
    services.stop_uploads()
    assert_problem(api.post(BACKUP), 503, "shutting_down")
    assert not (services.settings.data_path / FOLDER).exists()


def test_a_database_that_is_gone_is_told(full: TestClient, tmp_path: Path) -> None:
    sources = backup_sources(services_of(full).settings)
    with pytest.raises(Unavailable) as refused:
        take(layout(tmp_path / "nothing"), tmp_path / "copy", Event())
    assert refused.value.code == "backup_failed"
    assert sources.catalog.exists()


@pytest.mark.postgres
def test_documents_in_postgresql_are_not_copied(make_client: AppFactory, database_url: str) -> None:
    api = make_client(vector_store_type="pgvector", database_url=database_url)
    assert_problem(api.post(BACKUP), 409, "kept_in_postgresql")


@pytest.mark.postgres
def test_conversations_in_postgresql_are_left_out(
    make_client: AppFactory, database_url: str, restored: Restored
) -> None:
    api = make_client(database_url=database_url)
    upload(api, client_id="harbour")
    ask(api, "Who built the crane?", "harbour", session_id="s-1")
    again = restored(backup(api))
    assert "Oskarsson" in ask(again, "Who built the crane?", "harbour").json()["response"]
    assert again.get("/api/v1/sessions/s-1/info", params={"client_id": "harbour"}).status_code == 404


def test_there_is_none_of_documents_in_postgresql(tmp_path: Path) -> None:
    backups = BackupService(None, Maker("0", "hash", tmp_path / FOLDER), space=DiskSpace())
    with pytest.raises(Conflict, match="pg_dump"):
        backups.prepare()
