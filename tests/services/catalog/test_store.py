"""The catalog: counters that are always true, a journal, migrations that make the schema."""

from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, inspect, text

from app.common.database import Database
from app.common.errors import Conflict
from app.common.ids import ClientId
from app.services.catalog.schema import metadata
from app.services.catalog.store import MIGRATIONS, Catalog
from tests.services.records import AIRPORT, HARBOUR, RECORD


def _counts(catalog: Catalog, client_id: ClientId = HARBOUR) -> tuple[int, int, int] | None:
    record = catalog.client(client_id)
    return (record.document_count, record.chunk_count, record.byte_count) if record else None


def _schema(connection: Connection) -> set[tuple[str, str, str]]:
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
        assert _schema(ours) == _schema(theirs)
        (version_table,) = (name for name in inspect(ours).get_table_names() if "version" in name)
        context = MigrationContext.configure(
            ours, opts={"version_table": version_table, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    migrated.close()
    created.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    schemas = []
    for _ in range(2):
        catalog = Catalog.open(tmp_path / "catalog.db")
        with catalog.database.read() as connection:
            schemas.append(_schema(connection))
        catalog.register_client(HARBOUR)
        catalog.close()
    assert schemas[0] == schemas[1]
    catalog = Catalog.open(tmp_path / "catalog.db")
    assert catalog.count_clients() == 1
    catalog.close()


def test_a_document_counts_once_it_is_acknowledged(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    assert _counts(catalog) == (0, 0, 0)
    assert catalog.document(HARBOUR, "doc_1") is None
    assert [record.document_id for record in catalog.unfinished()] == ["doc_1"]
    catalog.finish_document(HARBOUR, "doc_1")
    assert _counts(catalog) == (1, 3, 100)
    assert catalog.document(HARBOUR, "doc_1") == replace(RECORD, status="ready", updated_at=10.0)
    assert catalog.unfinished() == []


def test_a_document_that_is_going_counts_no_more(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    catalog.finish_document(HARBOUR, "doc_1")
    assert catalog.begin_delete(HARBOUR, "doc_1")
    assert _counts(catalog) == (0, 0, 0)
    assert catalog.document(HARBOUR, "doc_1") is None
    catalog.drop_document(HARBOUR, "doc_1")
    assert catalog.unfinished() == []
    assert catalog.client(HARBOUR) is None


def test_a_document_whose_record_is_gone_cannot_be_acknowledged(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    catalog.forget_client(HARBOUR)
    with pytest.raises(Conflict) as caught:
        catalog.finish_document(HARBOUR, "doc_1")
    assert caught.value.code == "deleted_meanwhile"
    assert catalog.client(HARBOUR) is None


def test_another_clients_document_is_not_there(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    with pytest.raises(Conflict):
        catalog.finish_document(AIRPORT, "doc_1")
    catalog.finish_document(HARBOUR, "doc_1")
    assert catalog.document(AIRPORT, "doc_1") is None
    assert not catalog.begin_delete(AIRPORT, "doc_1")
    catalog.drop_document(AIRPORT, "doc_1")
    assert catalog.same_content(AIRPORT, RECORD.sha256, chunk_size=1000, chunk_overlap=200) is None
    assert _counts(catalog) == (1, 3, 100)


def test_the_same_content_is_the_same_bytes_cut_the_same_way(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    same = (HARBOUR, RECORD.sha256)
    assert catalog.same_content(*same, chunk_size=1000, chunk_overlap=200) is None, "not acknowledged yet"
    catalog.finish_document(HARBOUR, "doc_1")
    found = catalog.same_content(*same, chunk_size=1000, chunk_overlap=200)
    assert found is not None
    assert found.document_id == "doc_1"
    assert catalog.same_content(*same, chunk_size=1000, chunk_overlap=0) is None
    assert catalog.same_content(HARBOUR, "cd" * 32, chunk_size=1000, chunk_overlap=200) is None


def test_a_registered_client_stays_when_its_last_document_goes(catalog: Catalog) -> None:
    assert catalog.register_client(HARBOUR)
    assert not catalog.register_client(HARBOUR)
    catalog.begin_document(RECORD)
    catalog.drop_document(HARBOUR, "doc_1")
    assert _counts(catalog) == (0, 0, 0)


def test_a_client_made_by_an_upload_cannot_be_registered_again(catalog: Catalog) -> None:
    catalog.begin_document(RECORD)
    assert not catalog.register_client(HARBOUR)


def test_clients_are_listed_in_pages(catalog: Catalog) -> None:
    for name in ("ccc", "aaa", "bbb"):
        catalog.register_client(ClientId(name))
    catalog.begin_document(replace(RECORD, client_id=ClientId("bbb")))
    catalog.finish_document(ClientId("bbb"), "doc_1")
    assert [record.client_id for record in catalog.list_clients(limit=2)] == ["aaa", "bbb"]
    assert [record.client_id for record in catalog.list_clients(after="bbb")] == ["ccc"]
    assert [record.client_id for record in catalog.list_clients(with_documents=True)] == ["bbb"]
    assert catalog.count_clients() == 3
    assert catalog.count_clients(with_documents=True) == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "finish", "begin_delete", "drop", "delete_all"]), st.integers(0, 3)),
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(STEPS)
def test_counters_are_the_counts_of_what_is_ready(catalog: Catalog, steps: list[tuple[str, int]]) -> None:
    catalog.forget_client(HARBOUR)
    ready: set[int] = set()
    known: set[int] = set()
    for step, number in steps:
        name = f"doc_{number}"
        if step == "begin" and number not in known:
            catalog.begin_document(replace(RECORD, document_id=name, chunk_count=number + 1))
            known.add(number)
        elif step == "finish" and number in known - ready:
            try:
                catalog.finish_document(HARBOUR, name)
                ready.add(number)
            except Conflict:
                pass  # it was on its way out
        elif step == "begin_delete":
            catalog.begin_delete(HARBOUR, name)
            ready.discard(number)
        elif step == "drop" and number not in ready:
            catalog.drop_document(HARBOUR, name)
            known.discard(number)
        elif step == "delete_all":
            catalog.begin_delete_all(HARBOUR)
            ready.clear()
        expected = (len(ready), sum(number + 1 for number in ready), 100 * len(ready))
        assert _counts(catalog) in ((expected, None) if not known else (expected,))
