"""What is erased is in no file any more: the raw bytes of every file are searched for the client's words."""

import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.common.ids import ClientId
from app.config import Settings
from app.services.words.analysis import fold
from app.services.words.files import index_path
from tests.api import AppFactory, ask, upload
from tests.crash.driver import Launcher, Server
from tests.standin import Reply, StandIn
from tests.waiting import wait_for

CLIENT, OTHER = "leaving-co", "staying-co"

# Words that nothing else contains, as letters of several alphabets; most trigrams of the last two occur nowhere else
# either, so that even the full-text index's own terms can be searched for.
WORDS = ("Quokkazephyr7731", "Žluťoučký", "ⰀⰁⰂⰃⰄⰅⰆⰇ", "ꙀꙂꙄꙆꙈꙊꙌꙎ")
FILE = "Vexillologist-report.txt"
SESSION = "session-of-Zymurgist"
QUESTION = "What opens the vault of Quokkazephyr7731? Pyrrhuloxia"
SPARE = "The lighthouse keeper of Kulmbach trims the wick."
LABELS = ("Gnathostome", "Brachistochrone", "Thalassocracy")
ALL_WORDS = (*WORDS, *LABELS, "Vexillologist", "Zymurgist", "Pyrrhuloxia", CLIENT)


def _text(number: int) -> bytes:
    lines = (f"Paragraph {n} of {number}: {' '.join(WORDS)} is mentioned with {n * number}." for n in range(40))
    return "\n\n".join([f"The vault of {WORDS[0]} opens with {WORDS[1]}.", *lines]).encode()


def _traces(folder: Path, words: Iterable[str]) -> set[tuple[str, str]]:
    """Which of the words are in which files: as they are, in lower case, and in pieces as a trigram index has them."""
    # Copied by another process: one that closes a file drops all its SQLite locks on it, Chroma's own included.
    with tempfile.TemporaryDirectory() as copy:
        subprocess.run(["cp", "-r", f"{folder}/.", copy], check=True)
        return _traces_in(Path(copy), words)


def _traces_in(folder: Path, words: Iterable[str]) -> set[tuple[str, str]]:
    forms = {form for word in words for form in (word, word.lower(), word.upper(), fold(word))}
    forms |= {word.lower()[at : at + 3] for word in WORDS[2:] for at in range(len(word) - 2)}
    contents = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {(form, name) for form in forms for name, content in contents.items() if form.encode() in content}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _fill(api: TestClient, client_id: str, *, remember: bool) -> None:
    files = [(f"{n}-{FILE}", _text(n)) for n in range(3)]
    files.append((f"table-{FILE}".replace(".txt", ".csv"), f"Name,Amount\n{WORDS[0]},1\n{WORDS[1]},2\n".encode()))
    upload(api, *files, client_id=client_id, metadata=json.dumps({LABELS[0]: LABELS[1]}), tags=LABELS[2])
    for _ in range(3):
        response = ask(api, QUESTION, client_id, session_id=SESSION, use_memory=remember)
        assert WORDS[0] in response.json()["response"]


def _stay(api: TestClient) -> None:
    upload(api, ("keeper.txt", SPARE.encode()), client_id=OTHER)


def _assert_others_answer(api: TestClient) -> None:
    assert "Kulmbach" in ask(api, "Who trims the wick?", OTHER).json()["response"]


def _wait_for_compaction(data: Path) -> None:
    wait_for(lambda: not (data / "compaction.due").exists())


@pytest.fixture
def folder(make_settings: Callable[..., Settings], tmp_path: Path) -> Path:
    make_settings()
    return tmp_path


def _summarised(api: TestClient, client_id: str) -> bool:
    """Whether all of the client's texts have a summary; tables have no sentences."""
    listed = api.get("/api/v1/documents", params={"client_id": client_id}).json()["documents"]
    paths = [f"/api/v1/documents/{each['document_id']}" for each in listed if each["type"] == "txt"]
    return all(api.get(path, params={"client_id": client_id}).json().get("summary") for path in paths)


def test_an_erased_client_is_in_no_file(make_client: AppFactory, folder: Path) -> None:
    api = make_client(summaries="on")
    _stay(api)
    before = _size(folder)
    _fill(api, CLIENT, remember=True)
    wait_for(lambda: _summarised(api, CLIENT))
    api.post(f"/api/v1/clients/{CLIENT}/keys", json={"label": "Vexillologist's key"})
    traces = _traces(folder, ALL_WORDS)
    assert {form for form, _ in traces} >= {*WORDS[:3], "Zymurgist", "Pyrrhuloxia", CLIENT}
    indexed = index_path(folder / "chroma" / "words", ClientId(CLIENT)).name
    assert {form for form, name in traces if name.startswith(indexed)} >= {fold(word) for word in WORDS}
    (table,) = (folder / "chroma" / "tables").rglob("*.db")
    kept = {name for form, name in traces if form == WORDS[0]}
    assert table.name in kept
    assert {"catalog.db", "catalog.db-wal"} & kept  # its text is nowhere in the catalog but in summaries
    erased = api.delete(f"/api/v1/clients/{CLIENT}").json()
    assert (erased["documents_deleted"], erased["sessions_deleted"]) == (4, 1)
    assert _traces(folder, ALL_WORDS) == set()
    assert erased["compaction"]["bytes_after"] < erased["compaction"]["bytes_before"]
    assert _size(folder) < before * 1.1
    _assert_others_answer(api)


def test_a_deleted_collection_is_in_no_file_once_the_compaction_ran(make_client: AppFactory, folder: Path) -> None:
    api = make_client()
    _stay(api)
    _fill(api, CLIENT, remember=False)
    assert _traces(folder, WORDS)
    assert api.delete(f"/api/v1/chat/collections/{CLIENT}").json()["documents_deleted"] == 4
    assert (folder / "data" / "compaction.due").exists()
    _wait_for_compaction(folder / "data")
    assert _traces(folder, ("Vexillologist", *WORDS, *LABELS)) == set()
    _assert_others_answer(api)


def test_a_deleted_document_is_in_no_file_once_the_compaction_ran(make_client: AppFactory, folder: Path) -> None:
    api = make_client()
    upload(api, (FILE, _text(1)), client_id=CLIENT)
    upload(api, ("keeper.txt", SPARE.encode()), client_id=CLIENT)
    document = api.get("/api/v1/documents", params={"client_id": CLIENT}).json()["documents"][1]
    assert document["filename"] == FILE
    assert api.delete(f"/api/v1/documents/{document['document_id']}").is_success
    _wait_for_compaction(folder / "data")
    assert _traces(folder, ("Vexillologist", *WORDS)) == set()
    assert "Kulmbach" in ask(api, "Who trims the wick?", CLIENT).json()["response"]


def test_a_replaced_document_is_in_no_file_once_the_compaction_ran(make_client: AppFactory, folder: Path) -> None:
    api = make_client()
    upload(api, (FILE, _text(1)), client_id=CLIENT)
    assert _traces(folder / "chroma" / "words", WORDS)
    upload(api, (FILE, SPARE.encode()), client_id=CLIENT, replace="true")
    _wait_for_compaction(folder / "data")
    assert _traces(folder, WORDS) == set()
    assert "Kulmbach" in ask(api, "Who trims the wick?", CLIENT).json()["response"]


@pytest.mark.parametrize("query", ["", "?async=true"])
def test_labels_that_were_changed_are_in_no_file_once_the_compaction_ran(
    make_client: AppFactory, folder: Path, query: str
) -> None:
    api = make_client()
    form = {"client_id": OTHER, "metadata": json.dumps({LABELS[0]: LABELS[1]}), "tags": LABELS[2]}
    files = [("files", ("keeper.txt", SPARE.encode())), ("files", ("wick.txt", b"The wick is long."))]
    assert api.post(f"/api/v1/ingest/{query}", files=files, data=form).is_success
    wait_for(lambda: len(_ready(api)) == 2)
    assert {form for form, _ in _traces(folder, LABELS)} >= set(LABELS)
    for document in _ready(api):
        path = f"/api/v1/documents/{document['document_id']}"
        assert api.patch(path, json={"metadata": {LABELS[0]: None}, "tags": []}).is_success
    _wait_for_compaction(folder / "data")
    assert {form for form, _ in _traces(folder, LABELS)} & set(LABELS) == set()
    _assert_others_answer(api)


def _ready(api: TestClient) -> list[dict[str, str]]:
    found: list[dict[str, str]] = api.get(f"/api/v1/documents?client_id={OTHER}&status=ready").json()["documents"]
    return found


def test_erasing_while_others_write_and_ask_leaves_nothing_either(make_client: AppFactory, folder: Path) -> None:
    api = make_client()
    _stay(api)
    done = threading.Event()
    with ThreadPoolExecutor() as pool:
        busy = [pool.submit(_keep_busy, api, f"busy-{n}", done) for n in range(2)]
        _fill(api, CLIENT, remember=True)
        erased = api.delete(f"/api/v1/clients/{CLIENT}")
        traces = _traces(folder, ALL_WORDS)
        done.set()
    assert erased.is_success
    assert traces == set()
    assert all(thread.result() > 0 for thread in busy)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_under_way_when_its_client_is_erased_is_not_stored(
    make_client: AppFactory, folder: Path, *, stream: bool
) -> None:
    with StandIn() as model, ThreadPoolExecutor() as pool:
        api = make_client(llm_provider="groq", groq_api_key="test", groq_api_base=model.base_url)
        _stay(api)
        upload(api, (FILE, _text(1)), client_id=CLIENT)
        model.script(Reply("Pyrrhuloxia [1].", once_open=2), Reply("Kulmbach [1]."))
        late = pool.submit(ask, api, QUESTION, CLIENT, session_id=SESSION, stream=stream)
        model.wait_until(lambda m: m.open_calls == 1)
        assert api.delete(f"/api/v1/clients/{CLIENT}").is_success
        _assert_others_answer(api)  # the second call, which lets the first one end
        answer = late.result(30)
        assert "erased_meanwhile" in answer.text
        assert answer.status_code == (200 if stream else 409)
        assert api.get("/api/v1/sessions/stats").json()["total_sessions"] == 1
        assert _traces(folder, ALL_WORDS) == set()
        assert upload(api, (FILE, _text(1)), client_id=CLIENT).is_success
        assert ask(api, QUESTION, CLIENT, session_id=SESSION).is_success  # it may come back


def _keep_busy(api: TestClient, client_id: str, done: threading.Event) -> int:
    rounds = 0
    while not done.is_set():
        text = f"Round {rounds} of {client_id} tells of anvils and bellows."
        assert upload(api, (f"{rounds}.txt", text.encode()), client_id=client_id).is_success
        assert ask(api, "What is told of anvils?", client_id, session_id=client_id).is_success
        rounds += 1
    return rounds


def test_a_kill_between_the_deletion_and_the_compaction_is_made_up_for_at_the_next_start(tmp_path: Path) -> None:
    with Launcher() as launcher:
        server = Server(launcher, tmp_path)
        with server.client() as http:
            for client_id, file in ((OTHER, ("keeper.txt", SPARE.encode())), (CLIENT, (FILE, _text(1)))):
                http.post("/api/v1/ingest/", files={"files": file}, data={"client_id": client_id}).raise_for_status()
            http.delete(f"/api/v1/chat/collections/{CLIENT}").raise_for_status()
            server.kill()
        assert (tmp_path / "data" / "compaction.due").exists()
        assert _traces(tmp_path, WORDS)
        server = Server(launcher, tmp_path)
        with server.client() as http:
            _wait_for_compaction(tmp_path / "data")
            assert _traces(tmp_path, ("Vexillologist", *WORDS)) == set()
            answer = http.post("/api/v1/chat/", json={"message": "Who trims the wick?", "client_id": OTHER}).json()
            assert "Kulmbach" in answer["response"]
        server.stop()
