import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.common.sqlite import condition as program
from app.common.sqlite import salvage as other_program
from app.common.sqlite.child import ProgramFailed, run_program
from app.common.sqlite.condition import condition_of


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "odd #?%20name.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE)")
        connection.executemany("INSERT INTO words (word) VALUES (?)", [(f"{n} " + "word" * 50,) for n in range(500)])
    return path


def test_a_whole_file_is_called_so_and_not_touched(database: Path) -> None:
    before = database.read_bytes()
    assert [condition_of(database, thorough=thorough) for thorough in (False, True)] == ["whole", "whole"]
    assert database.read_bytes() == before


def test_what_is_not_there_is_absent_and_so_is_an_empty_file(tmp_path: Path) -> None:
    assert condition_of(tmp_path / "none.db", thorough=True) == "absent"
    (tmp_path / "empty.db").touch()
    assert condition_of(tmp_path / "empty.db", thorough=True) == "absent"


def test_a_folder_in_its_place_is_unreadable(tmp_path: Path) -> None:
    assert condition_of(tmp_path, thorough=True) == "unreadable"


@pytest.mark.parametrize("thorough", [False, True])
def test_damage_is_found(database: Path, *, thorough: bool) -> None:
    content = database.read_bytes()
    for damaged in (content[: len(content) // 2], content[:4096] + bytes(len(content) - 4096), b"no database" * 500):
        database.write_bytes(damaged)
        assert condition_of(database, thorough=thorough) == "damaged"


def test_it_runs_as_a_program_of_its_own(database: Path) -> None:
    assert run_program(program.__file__, str(database), "thorough") == "whole"
    with pytest.raises(ProgramFailed):
        run_program(other_program.__file__, str(database.with_name("none.db")), str(database.with_name("new.db")))
