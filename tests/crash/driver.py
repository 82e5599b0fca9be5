"""Kills the service while clients upload, ask and delete, and keeps a ledger of what it had acknowledged."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from sqlalchemy import select

from app.commands.doctor import inspected
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files
from app.services.catalog.schema import documents
from app.services.catalog.store import Catalog
from app.services.tables import TableStore
from tests.crash.server import settings_for

ROOT = Path(__file__).parents[2]
CLIENTS = ("alder", "birch", "cedar", "dogwood")
SYLLABLES = ("ba", "du", "fi", "go", "ke", "lo", "mi", "nu", "pa", "ro", "su", "ti", "ve", "wo", "xa", "zu")


class FailedStart(Exception):
    """The service ended instead of starting; the text is what it said."""


class Launcher:
    """Makes processes of the service; see tests/crash/server.py. Use as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def launch(self, folder: Path) -> tuple[int, int]:
        """Make a process for the data in `folder`; return its id and its port, which listens already."""
        pid, port = self._say(f"start {folder}").split()
        return int(pid), int(port)

    def begin(self, command: str, *paths: Path) -> int:
        """Make a process that does `backup` or `restore`; return its id."""
        return int(self._say(" ".join([command, *map(str, paths)])))

    def wait(self, pid: int) -> None:
        """Wait until the process has ended."""
        self._say(f"wait {pid}")

    def _say(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(line, file=self._process.stdin, flush=True)
        return self._process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


class Server:
    """One process of the service, from start to kill."""

    def __init__(self, launcher: Launcher, folder: Path) -> None:
        """Start it and wait until it is ready. Raises FailedStart."""
        started = time.monotonic()
        self._launcher = launcher
        self._pid, port = launcher.launch(folder)
        self.url = f"http://127.0.0.1:{port}"
        # The socket listens already: the question waits until the service is there, or fails with it.
        with self.client() as http:
            try:
                http.get("/health/ready").raise_for_status()
            except httpx.HTTPError as exc:
                self.kill()
                raise FailedStart((folder / "server.log").read_text(errors="replace")[-2000:]) from exc
        self.start_seconds = time.monotonic() - started

    def client(self) -> httpx.Client:
        """Return an HTTP client for it."""
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def strike(self) -> None:
        """Kill it without waiting for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, number)
        self._launcher.wait(self._pid)


@dataclass
class Ledger:
    """What one client was told. Only its own thread writes here, one request after the other.

    `acknowledged` maps the first word of each document to its whole first sentence. `open_upload` is the one that was
    under way at the kill, with its text in `unanswered`, `deleting` whether a deletion was. `tagged` are the tags
    that a document may have, by its first word: the last acknowledged one, and one that was under way. `turns` counts
    the conversation's acknowledged questions, `open_turns` those that were under way.
    """

    client_id: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    tagged: dict[str, set[str]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    open_upload: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    deleting: bool = False
    turns: int = 0
    open_turns: int = 0

    @property
    def session_id(self) -> str:
        """The client's one conversation."""
        return f"session-of-{self.client_id}"


@dataclass
class Outcome:
    """What the kills did."""

    kills: int = 0
    acknowledged: int = 0
    deletions: int = 0
    turns: int = 0
    documents_compared: int = 0
    lost: list[str] = field(default_factory=list)
    failed_starts: list[str] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests were acknowledged."""
        return self.acknowledged + self.deletions + self.turns


class Writer(threading.Thread):
    """One client that uploads, asks and deletes until the service is gone; one that `keeps` all does not delete."""

    def __init__(self, server: Server, ledger: Ledger, seed: int, outcome: Outcome, *, keeps: bool = False) -> None:
        super().__init__(name=f"writer-{ledger.client_id}", daemon=True)
        self._http = server.client()
        self._ledger = ledger
        self._random = random.Random(seed)
        self._outcome = outcome
        self._keeps = keeps
        self.error: Exception | None = None

    def run(self) -> None:
        """See the class. What is not the service's end is kept in `error`."""
        with self._http:
            try:
                while True:
                    self._step()
            except httpx.TransportError:
                return
            except Exception as exc:  # noqa: BLE001 - raised again by whoever waits for this thread
                self.error = exc

    def _step(self) -> None:
        choice = self._random.random()
        if choice < 0.65 or not self._ledger.acknowledged:
            self._upload()
        elif choice < 0.85:
            self._ask()
        elif choice < 0.92 or self._keeps:
            self._tag()
        else:
            self._withdraw()

    def _upload(self) -> None:
        sentences = [self._sentence() for _ in range(self._random.choice((1, 3, 12, 40)))]
        word = sentences[0].split()[0]
        self._ledger.open_upload = {word: sentences[0]}
        self._ledger.tagged[word] = {word}
        self._ledger.unanswered = {word: _text(word, sentences)}
        _upload(self._http, self._ledger.client_id, word, self._ledger.unanswered[word])
        self._ledger.acknowledged |= self._ledger.open_upload
        self._ledger.open_upload, self._ledger.unanswered = {}, {}
        self._outcome.acknowledged += 1

    def _ask(self) -> None:
        question = self._random.choice(list(self._ledger.acknowledged.values()))
        self._ledger.open_turns += 1
        _ask(self._http, self._ledger.client_id, question, session_id=self._ledger.session_id)
        self._ledger.open_turns -= 1
        self._ledger.turns += 1
        self._outcome.turns += 1

    def _tag(self) -> None:
        word, tag = self._random.choice(list(self._ledger.acknowledged)), self._sentence().split()[0]
        (document,) = _documents(self._http, self._ledger.client_id, filename=_filename(word))
        self._ledger.tagged[word] = {*document["tags"], tag}
        path = f"/api/v1/documents/{document['document_id']}"
        self._http.patch(path, json={"metadata": {"word": tag}, "tags": [tag]}).raise_for_status()
        self._ledger.tagged[word] = {tag}

    def _withdraw(self) -> None:
        self._ledger.deleting = True
        response = self._http.delete(f"/api/v1/chat/collections/{self._ledger.client_id}")
        response.raise_for_status()
        self._ledger.deleting = False
        self._ledger.gone |= self._ledger.acknowledged
        self._ledger.acknowledged = {}
        self._outcome.deletions += 1

    def _sentence(self) -> str:
        """Words that occur nowhere else, so that even a coarse embedding finds their document by them."""
        words = ("".join(self._random.choices(SYLLABLES, k=5)) for _ in range(8))
        return f"{' '.join(words)}."


def kill_again_and_again(
    folder: Path, *, kills: int, seed: int, most: int = 16, outcome: Outcome | None = None
) -> Outcome:
    """Start, write, kill and look, `kills` times; then end in order. The random numbers follow from `seed`.

    A process is killed a moment after it has acknowledged up to `most` requests. `outcome` is filled on the way.
    Raises FailedStart.
    """
    outcome, chance = outcome or Outcome(), random.Random(seed)
    ledgers = [Ledger(client_id) for client_id in CLIENTS]
    with Launcher() as launcher:
        for _ in range(kills):
            server = _start(launcher, folder, outcome)
            look(server, ledgers, outcome)
            _write_and_kill(server, ledgers, outcome, chance, chance.randint(1, most))
            _compare_stores(folder, outcome)
        server = _start(launcher, folder, outcome)
        look(server, ledgers, outcome)
        wait_for_compaction(folder)
        server.stop()
    return outcome


def wait_for_compaction(folder: Path) -> None:
    """Wait until what was deleted is compacted away; a minute at most."""
    deadline = time.monotonic() + 60
    while (folder / "data" / "compaction.due").exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def _start(launcher: Launcher, folder: Path, outcome: Outcome) -> Server:
    try:
        server = Server(launcher, folder)
    except FailedStart as exc:
        outcome.failed_starts.append(str(exc))
        raise
    outcome.start_seconds.append(server.start_seconds)
    return server


def _write_and_kill(
    server: Server, ledgers: list[Ledger], outcome: Outcome, chance: random.Random, requests: int
) -> None:
    writers = [Writer(server, ledger, chance.getrandbits(32), outcome) for ledger in ledgers]
    for writer in writers:
        writer.start()
    until, deadline = outcome.requests + requests, time.monotonic() + 60
    while outcome.requests < until and time.monotonic() < deadline and any(each.is_alive() for each in writers):
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.1))
    server.kill()
    outcome.kills += 1
    for writer in writers:
        writer.join()
        if writer.error is not None:
            raise writer.error


def look(server: Server, ledgers: list[Ledger], outcome: Outcome) -> None:
    """Ask for everything that was acknowledged, and settle what was under way."""
    with server.client() as http:
        for ledger in ledgers:
            _settle(http, ledger, outcome)
            _compare_counts(http, ledger, outcome)
            _compare_turns(http, ledger, outcome)
            _compare_labels(http, ledger, outcome)


def _compare_stores(folder: Path, outcome: Outcome) -> None:
    """Look at what the kill has left: at any moment each acknowledged document is whole, its words included.

    At a copy: the next start is to find the files as they are.
    """
    with tempfile.TemporaryDirectory() as folders:
        settings = settings_for(_copied(folder, Path(folders)))
        found = inspected(settings)
        outcome.lost += _lost_tables(settings)
    outcome.documents_compared += sum(len(client.recorded) for client in found.clients)
    for client in found.clients:
        if client.incomplete or not client.words_sound:
            wrong = (*client.incomplete, *client.unindexed)
            outcome.lost.append(f"{client.client_id}: words {client.words}, not whole after a kill: {wrong}")


def _lost_tables(settings: Settings) -> list[str]:
    """Tables are written before their document is acknowledged: each document that is ready has all of its rows."""
    files, lost = data_files(settings), list[str]()
    store = TableStore(files.tables)
    with closing(Catalog.open(files.catalog)) as catalog, catalog.database.read() as connection:
        columns = documents.c.client_id, documents.c.document_id, documents.c.filename, documents.c.status
        found = [row for row in connection.execute(select(*columns)) if row.status == "ready"]
    for client_id, document_id, filename, _ in found:
        with store.opened(ClientId(client_id), document_id) as reader:
            tables = reader.tables() if reader else []
        whole = bool(tables) and all(table.complete and table.rows for table in tables)
        if whole != filename.endswith(".csv"):
            lost.append(f"{client_id}: the table of {filename} is lost")
    return lost


def _copied(folder: Path, folders: Path) -> Path:
    """Copy the folder into a new one; again when a file vanished, which a reader that outlives the service closed."""
    for attempt in range(10):
        with contextlib.suppress(shutil.Error):
            return Path(shutil.copytree(folder, folders / str(attempt)))
        time.sleep(0.1)
    raise AssertionError("the folder never comes to rest")


def _settle(http: httpx.Client, ledger: Ledger, outcome: Outcome) -> None:
    found = {word for word, sentence in ledger.acknowledged.items() if answers(http, ledger, word, sentence)}
    missing = set(ledger.acknowledged) - found
    if missing and not (ledger.deleting and not found):  # a deletion takes all or nothing
        outcome.lost += [f"{ledger.client_id}: {word} is lost" for word in missing]
    for word in missing:
        ledger.gone[word] = ledger.acknowledged.pop(word)
    for word, sentence in ledger.open_upload.items():
        if answers(http, ledger, word, sentence):
            ledger.acknowledged[word] = sentence
        else:
            ledger.gone[word] = sentence
    for word, sentence in list(ledger.gone.items())[-20:]:
        if answers(http, ledger, word, sentence):
            outcome.lost.append(f"{ledger.client_id}: {word} is back")
    _send_again(http, ledger)
    ledger.open_upload, ledger.deleting = {}, False


def _send_again(http: httpx.Client, ledger: Ledger) -> None:
    """Send what got no answer again, under its key: it is taken in now, or was; nobody has to wait for the dead."""
    for word, text in ledger.unanswered.items():
        _upload(http, ledger.client_id, word, text)
        ledger.acknowledged[word] = ledger.open_upload[word]
        ledger.gone.pop(word, None)
    ledger.unanswered = {}


def _compare_counts(http: httpx.Client, ledger: Ledger, outcome: Outcome) -> None:
    stats = http.get(f"/api/v1/chat/collections/{ledger.client_id}/stats").raise_for_status().json()
    if stats["document_count"] != len(ledger.acknowledged):
        outcome.lost.append(f"{ledger.client_id}: {stats['document_count']} of {len(ledger.acknowledged)} counted")


def _compare_turns(http: httpx.Client, ledger: Ledger, outcome: Outcome) -> None:
    response = http.get(f"/api/v1/sessions/{ledger.session_id}/info")
    turns = response.json()["message_count"] // 2 if response.is_success else 0
    if not ledger.turns <= turns <= ledger.turns + ledger.open_turns:
        outcome.lost.append(f"{ledger.session_id}: {turns} of {ledger.turns} turns")
    ledger.turns, ledger.open_turns = turns, 0


def _compare_labels(http: httpx.Client, ledger: Ledger, outcome: Outcome) -> None:
    """Each document has the labels it was last given, all of them from one request, and is found by them."""
    for document in _documents(http, ledger.client_id):
        word, (tag,) = Path(document["filename"]).stem, document["tags"]
        found = _documents(http, ledger.client_id, tag=tag)
        if tag not in ledger.tagged[word] or document["metadata"] != {"word": tag} or found != [document]:
            outcome.lost.append(f"{ledger.client_id}: {word} has lost labels")
        ledger.tagged[word] = {tag}


def _documents(http: httpx.Client, client_id: str, **params: str) -> list[dict[str, Any]]:
    """Return the client's documents, at most as many as one page holds."""
    response = http.get("/api/v1/documents", params={"client_id": client_id, "limit": "1000", **params})
    documents: list[dict[str, Any]] = response.raise_for_status().json()["documents"]
    return documents


def _filename(word: str) -> str:
    """Return what the document of a word is called: half of them are tables."""
    return f"{word}.csv" if zlib.crc32(word.encode()) % 2 else f"{word}.txt"


def _text(word: str, sentences: list[str]) -> str:
    if _filename(word).endswith(".txt"):
        return "\n\n".join(sentences)
    return "".join(["Sentence,Place\n", *(f"{sentence},{place}\n" for place, sentence in enumerate(sentences))])


def answers(http: httpx.Client, ledger: Ledger, word: str, sentence: str) -> bool:
    """Whether a question for the document's first sentence brings that sentence as a source."""
    body = _ask(http, ledger.client_id, sentence, use_memory=False, top_k=20)
    return any(word in source["content"] for source in body["sources"])


def _upload(http: httpx.Client, client_id: str, name: str, text: str) -> None:
    form = {"client_id": client_id, "metadata": json.dumps({"word": name}), "tags": name}
    files = {"files": (_filename(name), text.encode())}
    headers = {"Idempotency-Key": f"upload-of-{name}-{client_id}"}
    response = http.post("/api/v1/ingest/", files=files, data=form, headers=headers)
    response.raise_for_status()


def _ask(http: httpx.Client, client_id: str, question: str, **more: Any) -> dict[str, Any]:
    """Return the answer, waiting while the client's index is repaired; without sources if there is no document."""
    deadline = time.monotonic() + 30
    while True:
        response = http.post("/api/v1/chat/", json={"message": question, "client_id": client_id, **more})
        if response.status_code == 404:
            return {"sources": []}
        if response.status_code != 503 or time.monotonic() > deadline:
            break
        assert "retry-after" in response.headers
        time.sleep(0.1)
    body: dict[str, Any] = response.raise_for_status().json()
    return body
