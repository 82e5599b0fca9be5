import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.common.sqlite import copying
from app.common.sqlite.condition import condition_of
from app.common.sqlite.copying import copy_database


def made(path: Path, *, rows: int) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, filler TEXT)")
        connection.executemany("INSERT INTO numbers VALUES (?, ?)", [(n, "x" * 1000) for n in range(rows)])
    return path


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM numbers").fetchone()[0])


@pytest.fixture
def databases(tmp_path: Path) -> tuple[Path, Path]:
    return made(tmp_path / "first.db", rows=100), made(tmp_path / "second #1.db", rows=30_000)


def test_a_copy_has_what_was_there_and_stands_alone(databases: tuple[Path, Path], tmp_path: Path) -> None:
    copy_database(databases[0], tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy.db-*"))
    assert (count(tmp_path / "copy.db"), condition_of(tmp_path / "copy.db", thorough=True)) == (100, "whole")


@pytest.fixture
def writing(databases: tuple[Path, Path]) -> Iterator[None]:
    """Somebody adds a row to the first and then to the second, without pause."""
    ended = threading.Event()

    def write() -> None:
        with (
            closing(sqlite3.connect(databases[0], timeout=30, isolation_level=None)) as first,
            closing(sqlite3.connect(databases[1], timeout=30, isolation_level=None)) as second,
        ):
            while not ended.is_set():
                first.execute("INSERT INTO numbers (filler) VALUES ('new')")
                second.execute("INSERT INTO numbers (filler) VALUES ('new')")

    thread = threading.Thread(target=write)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.mark.usefixtures("writing")
def test_several_are_copied_as_of_one_moment_while_they_are_written(
    databases: tuple[Path, Path], tmp_path: Path
) -> None:
    for turn in range(3):
        copies = [tmp_path / f"{turn}-{number}.db" for number in (1, 2)]
        paths = [str(path) for pair in zip(databases, copies, strict=True) for path in pair]
        told = subprocess.run(
            [sys.executable, "-I", "-S", copying.__file__, *paths], capture_output=True, text=True, check=True
        )
        held, end = told.stdout.splitlines()
        assert (float(held) > 0, end) == (True, "True")
        # Each row of the second comes after one of the first, and before the next one.
        assert count(copies[0]) - 100 - (count(copies[1]) - 30_000) in (0, 1)


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        copy_database(tmp_path / "none.db", tmp_path / "copy.db")
    assert not (tmp_path / "none.db").exists()
