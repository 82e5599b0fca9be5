"""Every file damaged in turn: the service works or refuses with a sentence, the doctor never dies, nothing goes."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.bootstrap import open_services
from app.commands.doctor import doctor
from app.common.errors import AppError, StartupError
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files, database_places
from app.service import Services
from app.services.upkeep.databases import require_sound
from tests.api import TEXT, settings_in
from tests.fakes import HashEmbeddings
from tests.waiting import wait_for

HARBOUR, BAKERY = ClientId("harbour"), ClientId("bakery")
TEXTS = {"crane.txt": TEXT, "tide.txt": "High tide is at seven.", "long.txt": "The quay is long and wide. " * 400}


def open_quickly(settings: Settings) -> Services:
    return open_services(settings, embedder=HashEmbeddings())


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Path:
    """The data of two clients with documents and conversations; the service stopped."""
    folder = tmp_path_factory.mktemp("sound")
    shutil.copytree(new_stores, folder, dirs_exist_ok=True)
    settings = settings_in(folder)
    with open_quickly(settings) as services:
        _fill(services, folder)
    open_quickly(settings).close()  # which lets Chroma purge its log
    for database in DATABASES:
        wait_for(partial(_is_without_log, folder / database))
    return folder


def _is_without_log(database: Path) -> bool:
    """Whether all that SQLite has logged stands in the file: Chroma closes its own in the background."""
    with closing(sqlite3.connect(database)) as connection:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _fill(services: Services, folder: Path) -> None:
    for client_id in (HARBOUR, BAKERY):
        for name, text in TEXTS.items():
            (folder / name).write_text(text)
            services.ingest_file(folder / name, client_id)
            (folder / name).unlink()
        for n in range(20):
            services.session_store.append_turn(client_id, f"talk-{n}", f"Question {n}? " * 40, f"Answer {n}. " * 40)


@pytest.fixture
def settings(sound: Path, tmp_path: Path) -> Settings:
    """A copy of that data."""
    shutil.copytree(sound, tmp_path, ignore=shutil.ignore_patterns("*-wal", "*-shm"), dirs_exist_ok=True)
    return settings_in(tmp_path)


def visit(settings: Settings, *, repair: bool = False, discard: bool = False) -> tuple[bool, str]:
    """What the doctor says, a StartupError included: that is one sentence."""
    lines: list[str] = []
    try:
        well = doctor(settings, lines.append, repair=repair, discard=discard, opener=open_quickly)
    except StartupError as exc:
        return False, "\n".join([*lines, str(exc)])
    return well, "\n".join(lines)


def files_of(settings: Settings) -> Iterator[Path]:
    """The files whose loss would be one, sorted."""
    for folder in (settings.data_path, settings.vector_store_path):
        for path in sorted(folder.rglob("*")):
            ours = path.name in (".lock", "reserve.space") or path.name.endswith(("-wal", "-shm"))
            if path.is_file() and not ours:
                yield path.relative_to(settings.data_path.parent)


DATABASES = ["data/catalog.db", "data/sessions.db", "chroma/chroma.sqlite3"]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2 // 4096 * 4096]


def _zeroed(content: bytes) -> bytes:
    return content[:4096] + bytes(len(content) - 4096)


def _scribbled(content: bytes) -> bytes:
    return random.Random(1).randbytes(len(content))


DAMAGES = {"cut off": _cut, "zeroed": _zeroed, "overwritten": _scribbled}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("database", DATABASES)
def test_a_damaged_database_is_told_by_start_and_doctor_and_nothing_is_changed(
    settings: Settings, database: str, damage: str
) -> None:
    path = settings.data_path.parent / database
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    before = {file: (settings.data_path.parent / file).read_bytes() for file in files_of(settings)}
    with pytest.raises(StartupError) as refused:
        open_quickly(settings).close()
    assert "is damaged: restore all data from one backup, or run" in str(refused.value)
    well, said = visit(settings)
    assert not well
    assert f"({path}) is damaged" in said
    assert {file: (settings.data_path.parent / file).read_bytes() for file in files_of(settings)} == before


WORDS_IN = {"data/catalog.db": b"crane.txt", "data/sessions.db": b"Question 11?", "chroma/chroma.sqlite3": b"Oskarsson"}


@pytest.mark.parametrize("database", DATABASES)
def test_the_doctor_saves_what_can_be_read(settings: Settings, database: str) -> None:
    """One page in the middle is lost: what was on it goes, all the rest answers, and the damaged file is kept."""
    path = settings.data_path.parent / database
    content = bytearray(path.read_bytes())
    page = content.rindex(WORDS_IN[database]) // 4096 * 4096
    content[page : page + 4096] = random.Random(2).randbytes(4096)
    path.write_bytes(content)
    with pytest.raises(StartupError):
        open_quickly(settings).close()
    _, said = visit(settings, repair=True)
    assert "was rebuilt from what could be read" in said
    (kept,) = (each for each in path.parent.glob(f"{path.name}.damaged-*") if not each.name.endswith(("-wal", "-shm")))
    assert kept.read_bytes() == content
    well, said = visit(settings, repair=True, discard=True)
    assert well, said
    with open_quickly(settings) as services:
        assert services.readiness.ready()
        services.ingest_file(_new_file(settings), HARBOUR)
        services.session_store.append_turn(HARBOUR, "talk-1", "And now?", "Now it goes on.")
        assert services.session_store.history(HARBOUR, "talk-1")[-1].answer == "Now it goes on."
        found = services.retriever.retrieve(HARBOUR, "Salt is mined.", top_k=3)
        assert found[0].chunk.source == "salt.txt"
    assert visit(settings)[0]


def _new_file(settings: Settings) -> Path:
    path = settings.data_path / "salt.txt"
    path.write_text("Salt is mined.")
    return path


def test_damage_that_is_found_only_later_is_a_sentence_too(settings: Settings) -> None:
    """What no quick look shows: rows that refer to nothing, and counters that are not what is counted."""
    with closing(sqlite3.connect(data_files(settings).catalog)) as connection, connection:
        connection.execute("UPDATE clients SET document_count = 7")
    with closing(sqlite3.connect(settings.session_db_path)) as connection, connection:
        connection.execute("DELETE FROM messages WHERE role = 'assistant' AND content LIKE 'Answer 3.%'")
    well, said = visit(settings)
    assert not well
    assert "counters are not what is counted" in said
    assert visit(settings, repair=True)[0]
    with open_quickly(settings) as services:
        assert services.documents.stats(HARBOUR).document_count == 3
        assert services.session_store.history(HARBOUR, "talk-3") == []
        assert services.session_store.get_stats()["total_sessions"] == 38


def test_without_its_catalog_the_service_does_not_begin_anew_over_documents(settings: Settings) -> None:
    catalog = data_files(settings).catalog
    for lose in (catalog.unlink, lambda: catalog.write_bytes(b"")):
        lose()
        with pytest.raises(StartupError, match="knows no client, but there are 2 collections"):
            open_quickly(settings).close()
        assert not visit(settings)[0]
    well, said = visit(settings, repair=True)
    assert well, said
    assert "6 documents were entered into the catalog from the vector store" in said
    with open_quickly(settings) as services:
        assert services.documents.stats(HARBOUR).document_count == 3
        assert {record.filename for record in services.documents.page(HARBOUR).records} == set(TEXTS)
        assert services.retriever.retrieve(HARBOUR, "When is high tide?", top_k=1)[0].chunk.source == "tide.txt"


def test_without_its_catalog_the_service_does_not_begin_anew_over_conversations(settings: Settings) -> None:
    data_files(settings).catalog.unlink()
    shutil.rmtree(settings.vector_store_path)
    with pytest.raises(StartupError, match="knows no client, but there are 40 conversations"):
        open_quickly(settings).close()


def test_without_chromas_database_the_service_does_not_begin_anew(settings: Settings) -> None:
    (settings.vector_store_path / "chroma.sqlite3").unlink()
    indexes = sorted(settings.vector_store_path.glob("*/header.bin"))
    for _ in range(2):
        with pytest.raises(StartupError, match="holds nothing, but the catalog knows 6 documents"):
            open_quickly(settings).close()
        assert sorted(settings.vector_store_path.glob("*/header.bin")) == indexes
        well, said = visit(settings, repair=True)
        assert not well
        assert "documents 3 recorded, 0 stored" in said
    well, said = visit(settings, repair=True, discard=True)
    assert well, said
    with open_quickly(settings) as services:
        assert services.documents.stats(HARBOUR).document_count == 0
        assert services.ingest_file(_new_file(settings), HARBOUR).status == "ready"


@pytest.mark.parametrize("database", DATABASES)
def test_a_file_of_which_nothing_can_be_read_is_set_aside_when_asked_to(settings: Settings, database: str) -> None:
    path = settings.data_path.parent / database
    content = b"This is something else" + path.read_bytes()[22:]
    path.write_bytes(content)
    well, said = visit(settings, repair=True)
    assert not well
    assert f"Nothing could be read of {path}: restore it from your backup, or run" in said
    assert path.read_bytes() == content
    well, said = visit(settings, repair=True, discard=True)
    assert well, said
    (kept,) = path.parent.glob(f"{path.name}.damaged-*")
    assert kept.read_bytes() == content
    with open_quickly(settings) as services:
        left = {database: services.documents.page(HARBOUR).total for database in DATABASES}
        assert left[database] == (0 if "chroma" in database else len(TEXTS))
        assert services.session_store.history(HARBOUR, "talk-1") == [] or "sessions" not in database
        services.ingest_file(_new_file(settings), HARBOUR)
    assert visit(settings)[0]


def test_a_vector_store_that_was_emptied_is_told_and_its_documents_are_forgotten_when_asked_to(
    settings: Settings,
) -> None:
    (settings.vector_store_path / "chroma.sqlite3").write_bytes(b"")
    for repair in (False, True):
        well, said = visit(settings, repair=repair)
        assert not well
        assert "holds nothing, but the catalog knows 6 documents" in said
        assert "cannot open" not in said
    well, said = visit(settings, repair=True, discard=True)
    assert well, said
    assert "6 documents forgotten" in said


@pytest.mark.parametrize("lost", ["the whole folder", "the database of an earlier start"])
def test_documents_that_are_promised_but_stored_nowhere_are_told(
    settings: Settings, new_stores: Path, lost: str
) -> None:
    if lost == "the whole folder":
        shutil.rmtree(settings.vector_store_path)
    else:
        shutil.copy(new_stores / "chroma" / "chroma.sqlite3", settings.vector_store_path)
    with pytest.raises(StartupError, match="holds nothing, but the catalog knows 6 documents"):
        open_quickly(settings).close()


def test_without_its_conversations_the_service_starts_and_says_so(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.session_db_path.unlink()
    well, said = visit(settings)
    assert well
    assert "There is no database of conversations" in said
    with open_quickly(settings) as services:
        assert services.session_store.get_stats()["total_sessions"] == 0
    assert "a new one is begun" in caplog.text


def test_conversations_that_are_kept_in_postgresql_have_no_file_to_look_at(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"database_url": SecretStr("postgresql://rag:rag@localhost/rag")})
    settings.session_db_path.write_bytes(b"left over from before" * 1000)
    require_sound(database_places(elsewhere))
    with pytest.raises(StartupError, match="conversations"):
        require_sound(database_places(settings))


def test_a_database_of_a_newer_version_is_left_alone(settings: Settings) -> None:
    for path, table in (
        (data_files(settings).catalog, "alembic_version_catalog"),
        (settings.session_db_path, "alembic_version_sessions"),
    ):
        with closing(sqlite3.connect(path)) as connection, connection:
            (was,) = connection.execute(f"SELECT version_num FROM {table}").fetchone()
            connection.execute(f"UPDATE {table} SET version_num = '9999_of_tomorrow'")
        with pytest.raises(StartupError, match="written by another version"):
            open_quickly(settings).close()
        visit(settings, repair=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE {table} SET version_num = ?", (was,))
    open_quickly(settings).close()


def test_an_index_of_unknown_format_has_a_sentence_of_its_own(settings: Settings) -> None:
    for header in settings.vector_store_path.glob("*/header.bin"):
        content = bytearray(header.read_bytes())
        content[:4] = (2).to_bytes(4, "little")
        header.write_bytes(content)
    well, said = visit(settings, repair=True)
    assert not well
    assert "2 indexes are of a format that this version does not know: run the version that wrote them." in said


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_flipped_or_cut_off_ends_in_a_sentence_or_a_working_service(
    settings: Settings, sound: Path, seed: int
) -> None:
    chance = random.Random(seed)
    root = settings.data_path.parent
    for name in list(files_of(settings)):
        damaged = _damaged(chance, (root / name).read_bytes())
        (root / name).write_bytes(damaged)
        visit(settings)
        refusals = []
        try:
            with open_quickly(settings) as services:
                refusals = _use(services)
        except StartupError as exc:
            refusals = [str(exc)]
        assert all(refusal.endswith(".") for refusal in refusals)
        _assert_nothing_is_gone(settings, sound, name)
        for folder in ("data", "chroma"):
            shutil.rmtree(root / folder)
            shutil.copytree(sound / folder, root / folder)


def _damaged(chance: random.Random, whole: bytes) -> bytes:
    if not whole or chance.random() < 0.3:
        return whole[: chance.randrange(len(whole) + 1)]
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 20])):
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _assert_nothing_is_gone(settings: Settings, sound: Path, damaged: Path) -> None:
    """The files are there but for those of an index, which may have been made anew, and so are all texts."""
    for name in DATABASES:
        assert (settings.data_path.parent / name).exists()
    assert len(list(settings.vector_store_path.glob("*/header.bin"))) >= 1
    if "chroma.sqlite3" not in damaged.name:
        assert _texts(settings.vector_store_path) == _texts(sound / "chroma")


def _texts(chroma: Path) -> int:
    with closing(sqlite3.connect(chroma / "chroma.sqlite3")) as connection:
        return int(connection.execute("SELECT count(*) FROM embeddings").fetchone()[0])


def _use(services: Services) -> list[str]:
    """Do what a service is there for, for both clients; return what is said where that cannot be done."""
    refusals = []
    for client_id in (HARBOUR, BAKERY):
        for action in (
            partial(services.retriever.retrieve, client_id, "When is high tide?", top_k=3),
            partial(services.documents.page, client_id),
            partial(services.session_store.history, client_id, "talk-3"),
            partial(services.session_store.append_turn, client_id, "new", "Question?", "Answer."),
        ):
            try:
                action()
            except AppError as exc:
                refusals.append(exc.detail)
    return refusals
