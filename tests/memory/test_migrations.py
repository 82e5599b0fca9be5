from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from app.common.database import Database
from app.memory import queries
from app.memory.sqlite_session_store import MIGRATIONS, SqliteSessionStore
from app.memory.tables import metadata

VERSION_TABLE = "alembic_version_sessions"


def schema_of(connection: Connection) -> set[tuple[str, str, str]]:
    rows = connection.execute(
        text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%version%'")
    )
    return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}


def test_migrations_build_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    migrated, created = (Database.open_sqlite(tmp_path / name) for name in ("migrated.db", "created.db"))
    migrated.migrate(MIGRATIONS)
    with created.write() as connection:
        metadata.create_all(connection)
    with migrated.read() as ours, created.read() as theirs:
        assert schema_of(ours) == schema_of(theirs)
        context = MigrationContext.configure(
            ours, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    migrated.close()
    created.close()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate(MIGRATIONS)
    with database.read() as connection:
        before = schema_of(connection)
    database.migrate(MIGRATIONS)
    with database.read() as connection:
        assert schema_of(connection) == before
        assert VERSION_TABLE in inspect(connection).get_table_names()


def test_a_migration_that_fails_leaves_nothing_behind(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE summaries (stands_in_the_way TEXT)"))
    with pytest.raises(Exception, match=r"503|busy|exists"):
        database.migrate(MIGRATIONS)
    with database.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"summaries", VERSION_TABLE}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "sessions",
            {
                "session_id": "TEXT",
                "created_at": "REAL",
                "last_accessed": "REAL",
                "expires_at": "REAL",
                "message_count": "INTEGER",
                "client_id": "TEXT",
            },
        ),
        (
            "messages",
            {
                "id": "INTEGER",
                "session_id": "TEXT",
                "role": "TEXT",
                "content": "TEXT",
                "timestamp": "REAL",
                "client_id": "TEXT",
            },
        ),
    ],
)
def test_the_documented_columns_keep_their_names_and_types(
    store: SqliteSessionStore, database: Database, table: str, columns: dict[str, str]
) -> None:
    assert store.get_stats()["total_sessions"] == 0
    with database.read() as connection:
        found = {column["name"]: str(column["type"]) for column in inspect(connection).get_columns(table)}
    assert columns.items() <= found.items()


def test_the_tables_can_be_written_for_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    statements = "\n".join(str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables)
    assert "expires_at DOUBLE PRECISION" in statements
    assert "id BIGSERIAL" in statements
    assert " REAL" not in statements
    for statement in (queries.PROLONG, queries.LATEST_MESSAGES, queries.SUMMARY, select(metadata.tables["messages"])):
        assert str(statement.compile(dialect=dialect))
