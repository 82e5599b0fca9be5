"""The operator's commands: `doctor` finds and mends what can go wrong with the data of a stopped service."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.bootstrap import open_services
from app.cli import app
from app.commands.doctor import doctor
from app.common.errors import StartupError
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files
from app.service import Services
from app.services.words.files import index_path
from tests.api import TEXT, words_of
from tests.fakes import HashEmbeddings

HARBOUR, BAKERY = ClientId("harbour"), ClientId("bakery")


def open_quickly(settings: Settings) -> Services:
    return open_services(settings, embedder=HashEmbeddings())


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """Data of two clients, all well, the service stopped."""
    made = make_settings()
    with open_quickly(made) as services:
        for client_id in (HARBOUR, BAKERY):
            ingest(services, client_id, "crane.txt", TEXT)
            ingest(services, client_id, "tide.txt", "High tide is at seven.")
    return made


def ingest(services: Services, client_id: ClientId, name: str, text: str) -> str:
    path = services.settings.data_path / name
    path.write_text(text)
    result = services.ingest_file(path, client_id)
    path.unlink()
    assert result.document_id
    return result.document_id


class Doctor:
    """Calls the doctor and keeps what it says."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.said = ""

    def __call__(self, *, repair: bool = False, discard: bool = False) -> bool:
        lines: list[str] = []
        sound = doctor(self.settings, lines.append, repair=repair, discard=discard, opener=open_quickly)
        self.said = "\n".join(lines)
        return sound


@pytest.fixture
def visit(settings: Settings) -> Doctor:
    return Doctor(settings)


def _files(settings: Settings) -> dict[Path, bytes]:
    folders = (settings.data_path, settings.vector_store_path)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {file: file.read_bytes() for file in files if not file.name.endswith(("-wal", "-shm"))}


def test_sound_data_is_called_well_and_not_touched(visit: Doctor) -> None:
    assert visit(repair=True)  # Chroma purges its log a moment after a write, or when it is opened the next time
    before = _files(visit.settings)
    assert visit(repair=True)
    assert "harbour: documents 2 recorded, 2 stored; chunks 2 recorded, 2 stored; index ok, words ok" in visit.said
    assert "All is well." in visit.said
    assert _files(visit.settings) == before


def test_a_new_folder_is_well(make_settings: Callable[..., Settings]) -> None:
    assert Doctor(make_settings())()


def test_a_damaged_index_is_made_anew(visit: Doctor) -> None:
    for index in visit.settings.vector_store_path.glob("*/header.bin"):
        index.write_bytes(b"\xff" * 100)
    assert not visit()
    assert "2 clients have something wrong." in visit.said
    assert visit(repair=True)
    assert "Index of harbour rebuilt" in visit.said
    with open_quickly(visit.settings) as services:
        vector = HashEmbeddings().embed_question("crane")
        assert len(services.vector_store_service.search(HARBOUR, vector, 10)) == 2


def _no_words(settings: Settings) -> None:
    shutil.rmtree(data_files(settings).words)


def _damaged_words(settings: Settings) -> None:
    for file in data_files(settings).words.rglob("*.db"):
        file.write_bytes(b"\xff" * 8192)


def _outdated_words(settings: Settings) -> None:
    for file in data_files(settings).words.rglob("*.db"):
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("PRAGMA user_version = 0")


@pytest.mark.parametrize(
    ("harm", "said"),
    [(_no_words, "words missing"), (_damaged_words, "words damaged"), (_outdated_words, "words outdated")],
)
def test_an_index_of_words_is_made_again(visit: Doctor, harm: Callable[[Settings], None], said: str) -> None:
    harm(visit.settings)
    assert not visit()
    assert visit.said.count(said) == 2
    assert not visit(), "looking has changed nothing"
    assert visit(repair=True)
    assert "Words of harbour indexed again from its texts." in visit.said
    assert visit()
    assert visit.said.count("words ok") == 2


def test_words_of_a_document_are_compared_with_the_catalog(visit: Doctor) -> None:
    with open_quickly(visit.settings) as services:
        (lost, *_) = words_of(services).examine(HARBOUR).parts
        words_of(services).delete_document(HARBOUR, lost)
    assert not visit()
    assert f"words not as in the catalog: {lost}" in visit.said
    assert "1 clients have something wrong." in visit.said
    assert visit(repair=True)


def test_words_of_nobody_are_removed(visit: Doctor) -> None:
    with open_quickly(visit.settings) as services:
        path = index_path(data_files(visit.settings).words, ClientId("nobody"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left behind")
        assert words_of(services).search(BAKERY, "tide")
    assert not visit()
    assert "1 indexes of words belong to no client in the catalog" in visit.said
    assert visit(repair=True)
    assert "1 indexes of words removed." in visit.said
    assert not path.exists()


def test_what_a_crash_left_behind_is_found_and_mended(visit: Doctor) -> None:
    files, store = data_files(visit.settings), visit.settings.vector_store_path
    (files.spool / "upload_1").write_text("left behind")
    dropped = store / "00000000-0000-4000-8000-000000000000"
    dropped.mkdir()
    (dropped / "collection.dropped").touch()
    files.compaction_marker.touch()
    with closing(sqlite3.connect(files.catalog)) as connection, connection:
        connection.execute("UPDATE documents SET status = 'indexing' WHERE client_id = 'harbour'")
        connection.execute("UPDATE clients SET document_count = 0, chunk_count = 0 WHERE client_id = 'harbour'")
    assert not visit()
    for sentence in (
        "1 index folders belong to no collection",
        "2 documents were being written or deleted",
        "1 uploaded files were left behind",
        "1 compaction of deleted data is due",
    ):
        assert sentence in visit.said
    assert not visit()  # looking has changed nothing
    assert visit(repair=True)
    assert "2 unfinished documents taken back" in visit.said
    assert visit()
    assert "1 clients, 2 documents" in visit.said


def test_an_index_folder_that_nothing_explains_is_removed_only_when_asked_to(visit: Doctor) -> None:
    unknown = visit.settings.vector_store_path / "00000000-0000-4000-8000-000000000000"
    unknown.mkdir()
    assert not visit(repair=True)
    assert "1 index folders belong to no collection; `--repair --discard` removes them" in visit.said
    assert unknown.is_dir()
    assert visit(repair=True, discard=True)
    assert not unknown.exists()


def test_what_the_catalog_does_not_know_is_removed_only_when_asked_to(visit: Doctor) -> None:
    with closing(sqlite3.connect(data_files(visit.settings).catalog)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM clients WHERE client_id = 'bakery'")
        connection.execute("DELETE FROM documents WHERE filename = 'tide.txt'")
        connection.execute("UPDATE clients SET document_count = 1, chunk_count = 1")
    assert not visit(repair=True)
    assert "1 collections belong to no client in the catalog" in visit.said
    assert "not in the catalog: doc_" in visit.said
    assert visit(repair=True, discard=True)
    assert "Collection of bakery, which the catalog does not know, removed." in visit.said
    with open_quickly(visit.settings) as services:
        assert list(services.vector_store_service.client_ids()) == [HARBOUR]
        assert services.vector_store_service.count(HARBOUR) == 1


def test_a_document_without_its_text_is_removed_only_when_asked_to(visit: Doctor) -> None:
    with open_quickly(visit.settings) as services:
        lost = ingest(services, HARBOUR, "dry.txt", "Low tide is at one.")
        services.vector_store_service.delete_document(HARBOUR, lost)
    assert not visit(repair=True)
    assert f"not whole: {lost}" in visit.said
    assert visit(repair=True, discard=True)
    with open_quickly(visit.settings) as services:
        assert services.documents.stats(HARBOUR).document_count == 2
        assert ingest(services, HARBOUR, "dry.txt", "Low tide is at one.") != lost


def test_a_missing_vector_folder_is_reported_for_every_client(visit: Doctor) -> None:
    shutil.rmtree(visit.settings.vector_store_path)
    assert not visit()
    assert "harbour: documents 2 recorded, 0 stored" in visit.said


def test_while_the_service_runs_the_doctor_says_so_in_one_sentence(settings: Settings) -> None:
    variables = {"DATA_PATH": str(settings.data_path), "VECTOR_STORE_PATH": str(settings.vector_store_path)}
    with open_quickly(settings):
        with pytest.raises(StartupError, match="in use by another process"):
            Doctor(settings)()
        ended = CliRunner().invoke(app, ["doctor"], env=variables)
    assert ended.exit_code == 1
    assert "in use by another process" in ended.output
    assert "Traceback" not in ended.output
    assert ended.output.count("\n") == 1


def test_the_exit_code_says_whether_all_is_well(settings: Settings) -> None:
    variables = {
        "DATA_PATH": str(settings.data_path),
        "SESSION_DB_PATH": str(settings.session_db_path),
        "VECTOR_STORE_PATH": str(settings.vector_store_path),
    }
    assert CliRunner().invoke(app, ["doctor"], env=variables).exit_code == 0
    data_files(settings).compaction_marker.touch()
    assert CliRunner().invoke(app, ["doctor"], env=variables).exit_code == 1


def test_where_there_is_no_data_nothing_is_made(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["doctor"], env={"DATA_PATH": str(tmp_path / "wrong")})
    assert ended.exit_code == 1
    assert "There is no catalog in" in ended.output
    assert not (tmp_path / "wrong").exists()


def test_a_wrong_setting_ends_a_command_with_one_sentence() -> None:
    ended = CliRunner().invoke(app, ["doctor"], env={"TEMPERATURE": "hot"})
    assert ended.exit_code == 1
    assert "TEMPERATURE" in ended.output
    assert "Traceback" not in ended.output
