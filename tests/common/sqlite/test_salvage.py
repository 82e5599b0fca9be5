import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.common.sqlite.condition import condition_of
from app.common.sqlite.salvage import salvage

ROWS = 3000


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A database with a table, an index, a view, a numbering and a full-text index; nothing is damaged yet."""
    path = tmp_path / "damaged.db"
    with opened(path) as connection:
        connection.execute("CREATE TABLE words (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT UNIQUE, data BLOB)")
        connection.execute("CREATE TABLE named (name TEXT PRIMARY KEY, size INTEGER)")
        connection.execute("CREATE VIRTUAL TABLE search USING fts5 (word)")
        connection.execute("CREATE VIEW long AS SELECT * FROM words WHERE length(word) > 9")
        for n in range(ROWS):
            connection.execute("INSERT INTO words (word, data) VALUES (?, ?)", (f"word-{n}", bytes([n % 256]) * 60))
            connection.execute("INSERT INTO named VALUES (?, ?)", (f"name-{n}", n))
            connection.execute("INSERT INTO search VALUES (?)", (f"word-{n} tide",))
        connection.execute("DELETE FROM words WHERE id > ?", (ROWS - 10,))
    return path


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def count(path: Path, table: str) -> int:
    with opened(path) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_of_a_whole_file_all_is_copied(damaged: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    complete = salvage(damaged, new)
    assert all(complete.values())
    assert condition_of(new, thorough=True) == "whole"
    with opened(damaged) as old, opened(new) as made:
        for query in (
            "SELECT rowid, * FROM words",
            "SELECT rowid, * FROM named",
            "SELECT rowid FROM search WHERE search MATCH 'tide'",
            "SELECT count(*) FROM long",
            "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY name",
        ):
            assert made.execute(query).fetchall() == old.execute(query).fetchall()
        # What was deleted is not numbered again.
        assert made.execute("INSERT INTO words (word) VALUES ('next') RETURNING id").fetchone() == (ROWS + 1,)


@pytest.mark.parametrize("seed", range(8))
def test_one_page_that_is_lost_costs_what_was_on_it(damaged: Path, tmp_path: Path, seed: int) -> None:
    new = tmp_path / "new.db"
    content = bytearray(damaged.read_bytes())
    chance = random.Random(seed)
    page = chance.randrange(1, len(content) // 4096) * 4096
    content[page : page + 4096] = chance.randbytes(4096)
    damaged.write_bytes(content)
    salvage(damaged, new)
    assert damaged.read_bytes() == content
    assert condition_of(new, thorough=True) == "whole"
    kept = [count(new, table) for table in ("words", "named", "search")]
    assert sum(kept) > 2 * ROWS


def test_of_a_file_that_was_cut_off_the_first_part_is_saved(damaged: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) * 2 // 3])
    assert not all(salvage(damaged, new).values())
    assert condition_of(new, thorough=True) == "whole"
    assert count(new, "words") > ROWS / 4


def test_where_nothing_can_be_read_that_is_an_error(damaged: Path, tmp_path: Path) -> None:
    damaged.write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.Error):
        salvage(damaged, tmp_path / "new.db")
