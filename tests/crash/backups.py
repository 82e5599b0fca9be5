"""Takes backups of a service that is written to, kills whoever takes or restores one, and looks what became of it."""

import contextlib
import os
import random
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer

from app.commands.backup import back_up, restore_file
from app.commands.doctor import doctor
from app.commands.remote import Refused, Remote
from app.common.errors import StartupError
from app.services.backup.restoring import verify
from app.services.backup.service import FOLDER
from tests.crash.driver import (
    CLIENTS,
    Launcher,
    Ledger,
    Outcome,
    Server,
    Writer,
    answers,
    look,
    wait_for_compaction,
)
from tests.crash.server import open_quickly, settings_for
from tests.waiting import wait_for


@dataclass
class Findings:
    """What the rounds did, and what was wrong."""

    backups: int = 0
    cut_off: int = 0
    restored: int = 0
    killed: int = 0
    documents: int = 0
    rebuilds: int = 0
    held_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Round:
    """One round: where it takes place, its number, how many requests come before the backup, and what is found.

    The service is killed after `longest` seconds at most.
    """

    launcher: Launcher
    folder: Path
    number: int
    chance: random.Random
    findings: Findings
    most: int
    longest: float

    @property
    def archive(self) -> Path:
        """The file to be made."""
        return self.folder / f"backup-{self.number}.tar"


def back_up_again_and_again(folder: Path, *, rounds: int, seed: int, most: int = 40, longest: float = 1.0) -> Findings:
    """Write and take a backup, `rounds` times; in every other round the service is killed meanwhile.

    What was made is restored by a process that is killed, and then once more, and has to have all that had been
    acknowledged when it was begun.
    """
    findings, chance = Findings(), random.Random(seed)
    ledgers = [Ledger(client_id) for client_id in CLIENTS]
    data = folder / "service"
    data.mkdir()
    with Launcher() as launcher:
        for number in range(rounds):
            this = Round(launcher, folder, number, chance, findings, most, longest)
            promised = _back_up(this, data, ledgers, kill=bool(number % 2))
            _kill_backup(this, data)
            if this.archive.exists():
                _kill_restore(this)
                _restore(this, promised)
            _look_for_remains(this)
    return findings


Promised = Sequence[tuple[Ledger, dict[str, str]]]


def _back_up(this: Round, data: Path, ledgers: list[Ledger], *, kill: bool) -> Promised:
    """Take a backup under load; return what was acknowledged before and not deleted until the end."""
    server, outcome, findings = Server(this.launcher, data), Outcome(), this.findings
    if (data / "data" / FOLDER).exists():
        findings.wrong.append("a start left the remains of a backup")
    look(server, ledgers, outcome)
    findings.wrong += outcome.lost
    writers = [
        Writer(server, ledger, this.chance.getrandbits(32), outcome, keeps=bool(number % 2))
        for number, ledger in enumerate(ledgers)
    ]
    for writer in writers:
        writer.start()
    enough = this.chance.randint(8, this.most)
    wait_for(lambda: outcome.requests >= enough)
    before = [(ledger, dict(ledger.acknowledged)) for ledger in ledgers]
    killer = Timer(this.chance.uniform(0.02, this.longest), server.strike if kill else lambda: None)
    killer.start()
    try:
        with Remote(server.url, api_key=None) as remote:
            back_up(remote, this.archive, lambda _: None)
        findings.backups += 1
    except (Refused, StartupError):
        findings.cut_off += 1
        if not kill:
            findings.wrong.append("a backup failed without reason")
    killer.join()
    server.kill()
    for writer in writers:
        writer.join()
        if writer.error is not None:
            raise writer.error
    # A collection that was deleted meanwhile may have been there at the moment of the backup, or not any more.
    return [
        (ledger, {word: text for word, text in known.items() if word in ledger.acknowledged and not ledger.deleting})
        for ledger, known in before
    ]


def _killed(this: Round, command: str, *paths: Path) -> None:
    """Have something done, and kill it at some moment."""
    pid = this.launcher.begin(command, *paths)
    Event().wait(this.chance.uniform(0, this.longest))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    this.launcher.wait(pid)
    this.findings.killed += 1


def _kill_backup(this: Round, data: Path) -> None:
    """Kill a backup of the stopped service: its file is not there, or whole."""
    file = this.folder / "killed.tar"
    _killed(this, "backup", data, file)
    if file.exists():
        with file.open("rb") as opened:
            verify(opened)
    for left in (file, file.with_name("killed.tar.partial")):
        left.unlink(missing_ok=True)


def _kill_restore(this: Round) -> None:
    """Kill a restore: its folder is not there, or whole."""
    target = this.folder / "killed"
    _killed(this, "restore", this.archive, target)
    if target.exists():
        _require_sound(this, target)
    for left in (target, target.with_name("killed.restoring")):
        shutil.rmtree(left, ignore_errors=True)


def _restore(this: Round, promised: Promised) -> None:
    """Restore the archive, start a service on it, and ask for all that was promised."""
    target = this.folder / "restored"
    with this.archive.open("rb") as file:
        summary = verify(file).summary
    this.findings.held_ms.append(summary.held_ms)
    this.findings.rebuilds += summary.indexes_to_rebuild
    if summary.unsound_clients:
        this.findings.wrong.append(f"{summary.unsound_clients} clients of round {this.number} lack something")
    restore_file(this.archive, target, lambda _: None)
    (target / "chroma_db").rename(target / "chroma")
    server = Server(this.launcher, target)
    with server.client() as http:
        for ledger, known in promised:
            lost = [word for word, text in known.items() if not answers(http, ledger, word, text)]
            this.findings.wrong += [f"{ledger.client_id}: {word} is not in backup {this.number}" for word in lost]
            this.findings.documents += len(known)
    wait_for_compaction(target)
    server.stop()
    _require_sound(this, target)
    this.findings.restored += 1
    shutil.rmtree(target)
    this.archive.unlink()


def _require_sound(this: Round, target: Path) -> None:
    if (target / "chroma_db").exists():
        (target / "chroma_db").rename(target / "chroma")
    lines: list[str] = []
    # Indexes that were set aside, and that nobody asked for, are put in order by it.
    if not doctor(settings_for(target), lines.append, repair=True, opener=open_quickly) and this.archive.exists():
        this.findings.wrong += [f"round {this.number}: {line}" for line in lines]


def _look_for_remains(this: Round) -> None:
    left = {path.name for path in this.folder.iterdir()} - {"service"}
    if left:
        this.findings.wrong.append(f"round {this.number} left {sorted(left)}")
