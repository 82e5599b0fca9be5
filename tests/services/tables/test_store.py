from pathlib import Path

import pytest

from app.common.errors import InsufficientStorage
from app.common.file_loader import load_document
from app.common.ids import ClientId
from app.services.tables import TableStore, new_tables
from app.services.tables.types import NewTable

ANNA, BERT = ClientId("anna"), ClientId("bert")
SALES = "Region,Amount,Day\nNorth,€10.50,2024-03-01\nSouth,€20.00,2024-03-02\nTotal,€30.50,\n"


def tables(text: str = SALES) -> list[NewTable]:
    return new_tables(load_document("sales.csv", text.encode()))


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "tables")


def test_a_table_is_kept_with_its_columns_rows_and_places(store: TableStore) -> None:
    document = load_document("sales.csv", SALES.encode())
    store.put(ANNA, "doc_1", new_tables(document))

    with store.opened(ANNA, "doc_1") as reader:
        assert reader is not None
        (table,) = reader.tables()
        rows = reader.database.execute("SELECT number, start, stop, total, s0, v1, u1, v2 FROM rows_1").fetchall()
    assert [(c.label, c.kind, c.units, c.filled) for c in table.columns] == [
        ("Region", "text", (), 3),
        ("Amount", "currency", ("EUR",), 3),
        ("Day", "date", (), 2),
    ]
    assert (table.rows, table.complete) == (3, True)
    assert [(row[0], *row[3:]) for row in rows] == [
        (2, 0, "North", 10.5, "EUR", "2024-03-01"),
        (3, 0, "South", 20.0, "EUR", "2024-03-02"),
        (4, 1, "Total", 30.5, "EUR", None),
    ]
    assert document.text[rows[1][1] : rows[1][2]] == "South | €20.00 | 2024-03-02"


def test_tables_belong_to_one_client_and_one_document(store: TableStore) -> None:
    store.put(ANNA, "doc_1", tables())
    store.put(ANNA, "doc_2", tables())
    for client_id, document_id in ((BERT, "doc_1"), (ANNA, "doc_3")):
        with store.opened(client_id, document_id) as reader:
            assert reader is None

    store.delete_document(ANNA, "doc_1")
    assert not store.has(ANNA, "doc_1")
    assert store.has(ANNA, "doc_2")

    store.delete_client(BERT)
    store.delete_client(ANNA)
    assert not store.has(ANNA, "doc_2")


def test_a_file_that_is_removed_while_it_is_read_is_read_to_its_end(store: TableStore) -> None:
    store.put(ANNA, "doc_1", tables())
    with store.opened(ANNA, "doc_1") as reader:
        assert reader is not None
        store.delete_document(ANNA, "doc_1")
        assert len(reader.tables()) == 1


def test_a_file_that_is_damaged_is_as_good_as_none(store: TableStore) -> None:
    store.put(ANNA, "doc_1", tables())
    store.path(ANNA, "doc_1").write_bytes(b"no database" * 1000)

    with store.opened(ANNA, "doc_1") as reader:
        assert reader is None


def test_a_write_that_fails_leaves_nothing(store: TableStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.services.tables.store.write_tables", full)
    with pytest.raises(InsufficientStorage):
        store.put(ANNA, "doc_1", tables())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_belongs_to_no_document_is_removed(store: TableStore) -> None:
    store.put(ANNA, "doc_1", tables())
    store.put(BERT, "doc_2", tables())
    store.path(ANNA, "doc_3").with_suffix(".new").touch()

    assert store.remove_orphans([(ANNA, "doc_1")]) == 2
    assert store.has(ANNA, "doc_1")
    assert not store.has(BERT, "doc_2")
