import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.common.errors import StartupError, Unavailable
from app.common.ids import ClientId
from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.pool import PoolLimits
from app.memory.postgres.store import MIGRATIONS
from tests.common.postgres.conftest import LIMITS
from tests.postgres_server import PostgresServer

ANNA, BERT = ClientId("anna"), ClientId("bert")
CLIENT = text("SELECT current_setting('app.client', true)")


def test_each_transaction_names_its_client_and_the_connection_forgets_it(database: PostgresDatabase) -> None:
    for owner, shown in ((ANNA, "anna"), (None, "*"), (BERT, "bert")):
        with database.write(owner) as connection:
            assert connection.execute(CLIENT).scalar() == shown
    with database._engine.connect() as plain:  # noqa: SLF001 - what the service itself never does
        assert plain.execute(CLIENT).scalar() in (None, "")
    assert database.stats().open == 1


def test_a_name_is_never_taken_for_a_statement(database: PostgresDatabase) -> None:
    hostile = ClientId("a'; SET app.client = '*")
    with database.read(hostile) as connection:
        assert connection.execute(CLIENT).scalar() == hostile


def test_a_block_that_raises_leaves_nothing(database: PostgresDatabase) -> None:
    with database.write(None) as connection:
        connection.execute(text("CREATE TABLE notes (n int)"))

    def insert_and_fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO notes VALUES (1)"))
        raise KeyError

    with pytest.raises(KeyError):
        database.run(None, insert_and_fail)
    with database.read(None) as connection:
        assert connection.execute(text("SELECT count(*) FROM notes")).scalar() == 0
    assert database.stats().in_use == 0


def test_a_reader_cannot_write(database: PostgresDatabase) -> None:
    with pytest.raises(Unavailable), database.read(None) as connection:
        connection.execute(text("CREATE TABLE notes (n int)"))


def test_a_statement_that_takes_too_long_is_ended(database: PostgresDatabase) -> None:
    with pytest.raises(Unavailable) as refused, database.read(None) as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    assert refused.value.retry_after


def test_a_lock_that_is_held_too_long_is_given_up(database: PostgresDatabase) -> None:
    with database.write(None) as first:
        first.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(Unavailable), database.write(None) as second:
            second.execute(text("SELECT pg_advisory_xact_lock(1)"))


def test_whoever_finds_no_connection_free_is_told_to_come_back(database: PostgresDatabase) -> None:
    with database.write(None), database.write(None), pytest.raises(Unavailable) as refused, database.write(None):
        pass
    assert (refused.value.code, refused.value.retry_after) == ("database_busy", 5)
    with database.read(None) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_thread_that_reads_within_its_transaction_takes_no_second_connection(database: PostgresDatabase) -> None:
    acme, harbour = ClientId("acme"), ClientId("harbour")
    whose = text("SELECT current_setting('app.client')")
    with database.write(acme) as connection:
        for owner, seen in ((acme, "acme"), (harbour, "harbour"), (None, "*")):
            with database.read(owner) as within:
                assert within.execute(whose).scalar() == seen
                with database.read(acme) as deeper:
                    assert deeper.execute(whose).scalar() == "acme"
                assert within.execute(whose).scalar() == seen
            assert connection.execute(whose).scalar() == "acme"
        with pytest.raises(KeyError), database.read(None):
            raise KeyError
        assert connection.execute(whose).scalar() == "acme"
        assert database.stats().in_use == 1
    with database.read(harbour) as connection:
        assert connection.execute(whose).scalar() == "harbour"


def test_a_text_and_a_list_of_texts_lose_their_nul(database: PostgresDatabase) -> None:
    with database.read(None) as connection:
        both = {"one": "a\0b", "many": ["a\0b", "c"]}
        row = connection.execute(text("SELECT CAST(:one AS text), CAST(:many AS text[])"), both).one()
    assert tuple(row) == ("a\N{REPLACEMENT CHARACTER}b", ["a\N{REPLACEMENT CHARACTER}b", "c"])


def test_a_server_that_was_restarted_is_used_again_without_an_error(own_server: PostgresServer) -> None:
    with closing(PostgresDatabase.open(driver_address(own_server.new_database()), LIMITS)) as database:
        with database.write(None), database.write(None):
            pass
        own_server.stop()
        own_server.start()
        for _ in range(3):
            with database.read(None) as connection:
                assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_server_that_stops_in_the_middle_undoes_what_was_not_committed(own_server: PostgresServer) -> None:
    with closing(PostgresDatabase.open(driver_address(own_server.new_database()), LIMITS)) as database:
        with database.write(None) as connection:
            connection.execute(text("CREATE TABLE notes (n int)"))

        def insert_and_die(connection: Connection) -> None:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            own_server.kill()

        with pytest.raises(Unavailable):
            database.run(None, insert_and_die)
        with pytest.raises(Unavailable), database.read(None):
            pass
        own_server.start()
        with database.read(None) as connection:
            assert connection.execute(text("SELECT count(*) FROM notes")).scalar() == 0


def test_a_server_that_became_read_only_is_left_for_the_one_that_can_be_written(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    make_table = text("CREATE TABLE notes (n int)")
    with database.read(None) as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.close()
    with pytest.raises(Unavailable):
        database.run(None, lambda connection: connection.execute(make_table))
    assert database.stats().open == 0
    postgres.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    database.run(None, lambda connection: connection.execute(make_table))


def test_an_address_that_does_not_answer_stops_the_start_without_its_password() -> None:
    with pytest.raises(StartupError, match="does not answer") as refused:
        PostgresDatabase.open("postgresql+psycopg://rag:very-secret@127.0.0.1:9/rag")
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_policies_do_not_bind_stops_the_start(
    database_url: str, postgres: PostgresServer, right: str
) -> None:
    role = f"too_mighty_{right.lower()}"
    postgres.execute(f"CREATE ROLE {role} LOGIN {right}")
    with pytest.raises(StartupError, match="row level security"):
        PostgresDatabase.open(driver_address(database_url.replace("//rag:", f"//{role}:")))


def test_a_role_that_may_not_make_tables_stops_the_start(database_url: str, postgres: PostgresServer) -> None:
    postgres.execute("CREATE ROLE stranger LOGIN")
    address = driver_address(database_url.replace("//rag:", "//stranger:"))
    with closing(PostgresDatabase.open(address)) as database, pytest.raises(StartupError, match="must own"):
        database.migrate(MIGRATIONS)


def test_many_processes_may_migrate_at_once(database_url: str) -> None:
    together = threading.Barrier(4)

    def migrate(_: int) -> str:
        with closing(PostgresDatabase.open(driver_address(database_url), PoolLimits(connections=1))) as database:
            together.wait(10)
            return database.migrate(MIGRATIONS)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(migrate, range(4))) == {"0003_kept_answers"}


def test_tables_of_a_newer_version_stop_the_start(database: PostgresDatabase) -> None:
    database.migrate(MIGRATIONS)
    with database.write(None) as connection:
        connection.execute(text("UPDATE alembic_version_sessions SET version_num = '9999_later'"))
    with pytest.raises(StartupError, match="newer version"):
        database.migrate(MIGRATIONS)


def test_every_table_is_kept_apart_by_policies(database: PostgresDatabase) -> None:
    database.migrate(MIGRATIONS)
    with database.read(None) as connection:
        rows = connection.execute(
            text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
                "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            )
        ).all()
    unguarded = {name for name, guarded in rows if not guarded}
    assert unguarded == {"alembic_version_sessions"}
    assert len(rows) > 4


def test_the_schema_lies_where_the_package_looks_for_it() -> None:
    assert (Path(MIGRATIONS) / "env.py").is_file()
