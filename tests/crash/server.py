"""The real service as a process that can be killed, with quick embeddings: `python -m tests.crash.server`.

This process loads the libraries and then makes a fresh child for each start that is asked of it on standard input, so
that starting again takes a moment. It opens nothing and has one thread: a child begins as a new process would.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import alembic.command  # noqa: F401 - loaded here, because every child would have to
import uvicorn

from app.bootstrap import open_services
from app.commands.backup import back_up_folders, restore_file
from app.common.locks import order_checked
from app.config import Settings
from app.main import create_app
from app.service import Services
from app.services.intents.compiling import compile_rules
from tests.fakes import HashEmbeddings


def settings_for(folder: Path) -> Settings:
    """Settings whose files all lie in `folder`."""
    return Settings(
        _env_file=None,
        data_path=folder / "data",
        session_db_path=folder / "data" / "sessions.db",
        vector_store_path=folder / "chroma",
        chunk_size=120,
        chunk_overlap=0,
        summaries="on",
    )


def open_quickly(settings: Settings) -> Services:
    """Open the services with embeddings that cost nothing."""
    return open_services(settings, embedder=HashEmbeddings())


def serve(folder: Path, listener: socket.socket) -> None:
    """Serve until killed or told to end."""
    log = os.open(folder / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    app = create_app(settings_for(folder), opener=open_quickly)
    with order_checked():
        uvicorn.run(app, fd=listener.fileno(), log_level="warning", timeout_graceful_shutdown=5)


def main() -> None:
    """Answer `start FOLDER` with the child's process id and port, and `wait PID` once that child has ended.

    `backup FOLDER FILE` and `restore FILE FOLDER` are answered with the id of the child that does that. When the input
    ends, so do the children that were not waited for.
    """
    compile_rules()  # every child would
    running: set[int] = set()
    for line in sys.stdin:
        command, argument = line.rstrip("\n").split(" ", 1)
        if command == "start":
            pid, port = _start(Path(argument))
            running.add(pid)
            print(pid, port, flush=True)
        elif command in ("backup", "restore"):
            pid = _fork(partial(_OTHERS[command], *map(Path, argument.split(" "))))
            running.add(pid)
            print(pid, flush=True)
        else:
            os.waitpid(int(argument), 0)
            running.discard(int(argument))
            print("ended", flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _start(folder: Path) -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return _fork(lambda: serve(folder, listener)), listener.getsockname()[1]


def _fork(work: Callable[[], object]) -> int:
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(1)
    return pid


_OTHERS: dict[str, Callable[[Path, Path], object]] = {
    "backup": lambda folder, file: back_up_folders(settings_for(folder), file, lambda _: None),
    "restore": lambda file, folder: restore_file(file, folder, lambda _: None),
}


if __name__ == "__main__":
    main()
