from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from app.common.database import GROUP_LIMIT, Database
from app.common.errors import InsufficientStorage, Unavailable
from app.common.space import DiskSpace
from tests.small_disk import fill, free, make_room, small_disk
from tests.waiting import wait_for


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open_sqlite(tmp_path / "odd #?%20name" / "test.db")
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    yield opened
    opened.close()


def add(word: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
        return word.upper()

    return work


def words(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(connection.execute(text("SELECT word FROM words")).scalars())


def wait_for_jobs(database: Database, count: int) -> None:
    wait_for(lambda: database.stats().waiting >= count)


def hand_in(database: Database, pool: ThreadPoolExecutor, jobs: list[str]) -> list["Future[str]"]:
    """Have the jobs waiting, in this order, by the time of the return. The writer must be taken."""
    futures = []
    for number, word in enumerate(jobs):
        futures.append(pool.submit(database.run, add(word)))
        wait_for_jobs(database, number + 1)
    return futures


def commits(database: Database) -> list[None]:
    seen: list[None] = []
    event.listen(database.engine, "commit", lambda _connection: seen.append(None))
    return seen


def test_a_single_statement_reads_what_is_committed_without_a_transaction(database: Database) -> None:
    database.run(add("one"))
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))
    table = sqlalchemy.table("words", sqlalchemy.column("word"))
    query = sqlalchemy.select(table.c.word).where(table.c.word == sqlalchemy.bindparam("wanted"))
    with database.write() as connection:
        connection.execute(text("INSERT INTO words VALUES ('two')"))
        sent.clear()
        found = [database.rows(query, {"wanted": word}) for word in ("one", "two")]
        assert sent == [sent[0]] * 2
        assert sent[0].startswith("SELECT")
    assert [[row.word for row in rows] for rows in found] == [["one"], []]
    assert [row.word for row in database.rows(query, {"wanted": "two"})] == ["two"]
    assert words(database) == ["one", "two"]  # the connection is as good as new for transactions


def test_work_is_committed_when_run_returns(database: Database) -> None:
    after: list[str] = []
    assert database.run(add("one"), then=after.append) == "ONE"
    assert (words(database), after) == (["one"], ["ONE"])


def test_work_that_fails_is_undone(database: Database) -> None:
    def failing(connection: Connection) -> None:
        add("half")(connection)
        raise KeyError("reason")

    with pytest.raises(KeyError):
        database.run(failing)
    assert words(database) == []
    assert database.run(add("next")) == "NEXT"


def test_work_that_waits_shares_one_commit(database: Database) -> None:
    seen = commits(database)
    jobs = [f"w{number:02d}" for number in range(30)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        with database.no_writes():
            futures = hand_in(database, pool, jobs)
        assert [future.result(10) for future in futures] == [word.upper() for word in jobs]
    assert len(seen) == 1
    assert words(database) == jobs


def test_a_group_is_bounded(database: Database) -> None:
    seen = commits(database)
    jobs = [f"w{number:03d}" for number in range(GROUP_LIMIT + 1)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        with database.no_writes():
            futures = hand_in(database, pool, jobs)
        wait(futures, 10)
    assert len(seen) == 2
    assert words(database) == jobs


def test_in_a_group_only_the_work_that_fails_is_undone(database: Database) -> None:
    def half(connection: Connection) -> None:
        add("half")(connection)
        raise KeyError("reason")

    with ThreadPoolExecutor(4) as pool:
        with database.no_writes():
            first, twice = hand_in(database, pool, ["same", "same"])
            failing = pool.submit(database.run, half)
            wait_for_jobs(database, 3)
            last = pool.submit(database.run, add("other"))
            wait_for_jobs(database, 4)
        assert (first.result(10), last.result(10)) == ("SAME", "OTHER")
        with pytest.raises(IntegrityError):
            twice.result(10)
        with pytest.raises(KeyError):
            failing.result(10)
    assert words(database) == ["other", "same"]


def test_all_of_a_group_learn_that_the_commit_failed(database: Database) -> None:
    after: list[str] = []

    def refuse(_connection: Connection) -> None:
        raise ConnectionError("gone")

    with ThreadPoolExecutor(3) as pool:
        with database.no_writes():
            futures = hand_in(database, pool, ["a", "b"])
            futures.append(pool.submit(database.run, add("c"), after.append))
            wait_for_jobs(database, 3)
            event.listen(database.engine, "commit", refuse)
        for future in futures:
            with pytest.raises(ConnectionError):
                future.result(10)
    event.remove(database.engine, "commit", refuse)
    assert (words(database), after) == ([], [])


def test_callbacks_come_in_the_order_of_the_commits(database: Database) -> None:
    order: list[int] = []

    def count(connection: Connection) -> int:
        connection.execute(text("INSERT INTO words SELECT count(*) FROM words"))
        return int(connection.execute(text("SELECT count(*) FROM words")).scalar_one())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: database.run(count, then=order.append), range(200)))
    assert order == list(range(1, 201))


def test_a_callback_that_fails_does_not_hold_up_the_others(database: Database) -> None:
    def broken(_result: str) -> None:
        raise KeyError("callback")

    with ThreadPoolExecutor(2) as pool:
        with database.no_writes():
            bad = pool.submit(database.run, add("bad"), broken)
            wait_for_jobs(database, 1)
            good = pool.submit(database.run, add("good"))
            wait_for_jobs(database, 2)
        assert good.result(10) == "GOOD"
        with pytest.raises(KeyError):
            bad.result(10)
    assert words(database) == ["bad", "good"]


def test_a_full_disk_is_reported_as_such_and_nothing_is_stored(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=4")
    for attempt in (lambda: database.run(add("x" * 100_000)), lambda: write_plainly(database, "x" * 100_000)):
        with pytest.raises(InsufficientStorage) as caught:
            attempt()
        assert caught.value.retry_after
        assert "x" not in caught.value.detail.replace("exist", "")
    assert words(database) == []


def test_a_note_is_left_out_on_a_full_disk_and_while_others_write(database: Database) -> None:
    assert database.note(add("kept"))
    with database.no_writes():
        assert not database.note(add("while others write"))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=4")
    assert not database.note(add("x" * 100_000))
    assert words(database) == ["kept"]


def test_on_a_full_disk_work_that_removes_may_use_the_reserve(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=64) as disk:
        space = DiskSpace([disk], reserve_bytes=4 << 20)
        database = Database.open_sqlite(disk / "test.db", space=space)
        with database.write() as connection:
            connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        for number in range(50):
            database.run(add(f"{number:02d}" + "long" * 5000))
        assert database.truncate_log()
        fill(disk)
        with pytest.raises(InsufficientStorage):
            database.run(add("x" * 100_000))
        with pytest.raises(InsufficientStorage):
            database.require_room()
        assert len(words(database)) == 50
        remove = text("DELETE FROM words WHERE word LIKE '0%'")
        assert database.run(lambda connection: connection.execute(remove).rowcount, removing=True) == 10
        with database.write(removing=True) as connection:
            connection.execute(text("DELETE FROM words"))
        assert database.compact()
        assert words(database) == []
        make_room(disk)
        database.require_room()
        assert database.run(add("again")) == "AGAIN"
        database.close()


def test_a_failed_rewriting_gives_back_what_it_wrote_into_the_log(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = Database.open_sqlite(disk / "test.db", space=DiskSpace([disk]))
        with database.write() as connection:
            connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        for number in range(200):
            database.run(add(f"{number:03d}" + "long" * 5000))
        assert database.truncate_log()
        fill(disk, leave=1 << 20)
        before = free(disk)
        with pytest.raises(InsufficientStorage):
            database.compact()
        with pytest.raises(InsufficientStorage):
            database.run(add("x" * (3 << 20)))
        assert free(disk) > before - (1 << 19)
        assert len(words(database)) == 200
        database.close()


def test_where_there_is_no_room_to_rewrite_the_free_pages_are_given_back_alone(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = Database.open_sqlite(disk / "test.db", space=DiskSpace([disk], reserve_bytes=2 << 20))
        with database.write() as connection:
            connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        for number in range(400):
            database.run(add(f"{number:03d}" + "long" * 5000))
        assert database.truncate_log()
        fill(disk)
        for number in range(120):
            with database.write(removing=True) as connection:
                connection.execute(text("DELETE FROM words WHERE word LIKE :begin"), {"begin": f"{number * 3:03d}%"})
        before = database.size_bytes()
        with pytest.raises(InsufficientStorage):
            database.compact()
        assert database.size_bytes() < before * 0.75
        assert len(words(database)) == 280
        make_room(disk)
        assert database.compact()
        database.close()


def test_a_damaged_database_is_reported_as_such(database: Database) -> None:
    path = Path(database.engine.url.database or "")
    for number in range(50):
        database.run(add(f"{number}" + "long" * 5000))
    database.compact()
    database.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x07" * (len(content) - 4096)
    path.write_bytes(content)
    for attempt in (lambda: words(database), lambda: database.run(add("new")), database.compact):
        with pytest.raises(Unavailable) as caught:
            attempt()
        assert caught.value.code == "database_damaged"


def test_a_folder_that_takes_no_file_is_reported_as_such(tmp_path: Path) -> None:
    (tmp_path / "test.db").mkdir()
    database = Database.open_sqlite(tmp_path / "test.db")
    with pytest.raises(Unavailable) as caught, database.read():
        pass
    assert caught.value.code == "storage_not_writable"
    database.close()


def write_plainly(database: Database, word: str) -> None:
    with database.write() as connection:
        add(word)(connection)


def test_connections_are_opened_for_safety(database: Database) -> None:
    with database.read() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous", "secure_delete")
        }
    assert values == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_reader_keeps_its_view_while_others_write(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute(text("SELECT count(*) FROM words")).scalar()
        database.run(add("new"))
        assert connection.execute(text("SELECT count(*) FROM words")).scalar() == before
    assert words(database) == ["new"]


def test_the_log_is_emptied_and_the_file_shrinks(database: Database) -> None:
    path = Path(database.engine.url.database or "")
    for number in range(50):
        database.run(add(f"{number}" + "long" * 5000))
    grown = database.stats().size_bytes
    with database.write() as connection:
        connection.execute(text("DELETE FROM words"))
    assert database.truncate_log()
    assert Path(f"{path}-wal").stat().st_size == 0
    assert b"longlong" not in path.read_bytes()
    assert database.compact()
    assert database.size_bytes() < grown / 10
