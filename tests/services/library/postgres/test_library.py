"""The library in PostgreSQL: the contract, and what several processes and a lost connection make of it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.common.errors import Conflict, Unavailable
from app.common.filters import Comparison, Compound
from app.common.lives import Standing
from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.services.chroma.nearest import Probe
from app.services.library import Succession
from app.services.library.postgres.words import ClientWords
from tests.postgres_server import PostgresServer
from tests.services.library.contract import AIRPORT, EMBEDDER, HARBOUR, LibraryContract, new_document, put
from tests.services.library.postgres.conftest import PostgresShelf

Another = Callable[..., PostgresShelf]


class TestPostgresLibrary(LibraryContract):
    """The contract, on a database."""


@pytest.fixture
def shelf(open_shelf: Another) -> PostgresShelf:
    return open_shelf()


def test_what_one_process_puts_the_other_finds_at_once(shelf: PostgresShelf, open_shelf: Another) -> None:
    other = open_shelf()
    assert other.found(HARBOUR) == set()
    put(shelf.library, new_document("one"))
    assert other.found(HARBOUR) == {"one"}
    put(shelf.library, new_document("two"))
    assert other.found(HARBOUR) == {"one", "two"}
    other.library.remove(HARBOUR, "one")
    assert shelf.found(HARBOUR) == {"two"}
    shelf.library.remove_all(HARBOUR)
    assert other.words.search(HARBOUR, "chunk") is None
    put(shelf.library, new_document("three"))
    assert other.found(HARBOUR) == {"three"}


def test_what_was_read_before_another_process_removed_all_comes_too_late(
    shelf: PostgresShelf, open_shelf: Another
) -> None:
    begun = Standing()
    open_shelf().library.remove_all(HARBOUR)
    with pytest.raises(Conflict) as caught:
        put(shelf.library, new_document("late"), Succession("late", standing=begun))
    assert caught.value.code == "deleted_meanwhile"
    assert shelf.client(HARBOUR) is None


def test_a_name_replaced_by_two_processes_at_once_has_one_document(shelf: PostgresShelf, open_shelf: Another) -> None:
    shelves, together = [shelf, open_shelf()], Barrier(2)

    def replace_it(number: int) -> None:
        for version in range(10):
            made = new_document(f"doc-{number}-{version}")
            named = replace(made, record=replace(made.record, filename="crane.txt"))
            together.wait(20)
            put(shelves[number].library, named, Succession(named.record.sha256, filename="crane.txt"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(replace_it, range(2)))
    assert len(shelf.found(HARBOUR)) == 1
    counts = shelf.client(HARBOUR)
    assert counts is not None
    assert (counts.document_count, counts.chunk_count) == (1, 3)


def test_first_documents_of_many_clients_at_once_are_all_there(shelf: PostgresShelf) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(shelf.library, new_document(f"doc-{number}")), range(24)))
    assert shelf.found(HARBOUR) == {f"doc-{number}" for number in range(24)}


@pytest.mark.parametrize("step", ["add", "delete"])
def test_a_document_whose_words_fail_leaves_nothing_and_removes_nothing(
    shelf: PostgresShelf, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put(shelf.library, new_document("one"))

    def fail(*_: object) -> None:
        raise Unavailable("The disk is slow.")

    monkeypatch.setattr(ClientWords, step, fail)
    with pytest.raises(Unavailable):
        put(shelf.library, new_document("two"), Succession("one"))
    monkeypatch.undo()
    assert shelf.found(HARBOUR) == {"one"}
    assert [record.document_id for record in shelf.catalog.list_documents(HARBOUR)] == ["one"]


def test_a_connection_that_is_lost_in_the_middle_leaves_nothing_of_the_document(
    shelf: PostgresShelf, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shelf.library, new_document("one"))
    written = ClientWords.add

    def cut(index: ClientWords, *parts: Any) -> None:
        written(index, *parts)
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rag' AND state <> 'idle'"
        postgres.execute(query)

    with monkeypatch.context() as patch:
        patch.setattr(ClientWords, "add", cut)
        with pytest.raises(Unavailable):
            put(shelf.library, new_document("two"), Succession("one"))
    assert shelf.found(HARBOUR) == {"one"}
    put(shelf.library, new_document("two"), Succession("one"))
    assert shelf.found(HARBOUR) == {"two"}


def test_a_statement_that_names_no_client_touches_its_transactions_client_only(
    shelf: PostgresShelf, documents_url: str
) -> None:
    """Whatever a statement forgets: the policies stand below it, on every table and each of its parts."""
    put(shelf.library, new_document("one"))
    put(shelf.library, new_document("theirs", AIRPORT, chunks=2))
    with closing(PostgresDatabase.open(driver_address(documents_url))) as database:
        with database.read(None) as connection:
            query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            tables = [name for name in connection.execute(text(query)).scalars() if "alembic" not in name]
        assert {"passages", "passages_0", "word_postings", "word_postings_15", "api_keys", "job_files"} <= set(tables)
        with database.read(AIRPORT) as connection:
            for table in tables:
                columns = connection.execute(
                    text("SELECT column_name FROM information_schema.columns WHERE table_name = :table"),
                    {"table": table},
                )
                named = "client_id" if "client_id" in set(columns.scalars()) else "'airport'"
                seen = set(connection.execute(text(f"SELECT {named} FROM {table}")).scalars())
                assert seen <= {"airport"}, table
            assert connection.execute(text("SELECT count(*) FROM passages")).scalar() == 2
        with database.write(AIRPORT) as connection:
            assert connection.execute(text("DELETE FROM passages")).rowcount == 2
        with pytest.raises(ProgrammingError, match="row-level security"), database.write(AIRPORT) as connection:
            connection.execute(text("INSERT INTO word_states VALUES ('harbour', 1, 1)"))
    assert shelf.found(HARBOUR) == {"one"}


def test_a_vector_is_stored_to_the_bit_and_text_without_nul(shelf: PostgresShelf) -> None:
    document = new_document("one", chunks=1)
    vector = np.array([[1 / 3, 1e-30, -2.5, 3.4e38]], np.float32)
    part = replace(document.parts[0], text="half\0way", sections=("A", "B > C"), head="Top", number=4)
    shelf.vectors.add(HARBOUR, [part], vector)
    assert shelf.vectors.parts(HARBOUR, ["one:0", "one:1", "none:0"]) == [replace(part, text="half�way")]
    with shelf.database.read(HARBOUR) as connection:
        stored = connection.execute(text("SELECT CAST(embedding AS real[]) FROM passages")).scalar_one()
    assert np.array(stored, np.float32).tobytes() == vector.tobytes()


def test_filters_on_parts_look_at_pages_chunks_and_every_section(shelf: PostgresShelf) -> None:
    base = new_document("one", chunks=3)
    parts = [
        replace(base.parts[0], section="A", sections=("A", "B")),
        replace(base.parts[1], section="B", page=2, number=7),
        replace(base.parts[2], section="C", page=3, number=8),
    ]
    shelf.vectors.add(HARBOUR, parts, base.vectors)
    for where, wanted in (
        (Comparison("section", "eq", "B"), {"one:0", "one:1"}),
        (Comparison("section", "nin", ["B", "C"]), set[str]()),
        (Comparison("section", "ne", "A"), {"one:1", "one:2"}),
        (Comparison("page", "gte", 2), {"one:1", "one:2"}),
        (Comparison("chunk_index", "in", [0, 8]), {"one:0", "one:2"}),
        (Compound("and", [Comparison("page", "lt", 3), Comparison("section", "eq", "B")]), {"one:0", "one:1"}),
        (Compound("or", [Comparison("page", "eq", 3), Comparison("section", "eq", "A")]), {"one:0", "one:2"}),
    ):
        assert set(shelf.vectors.matching(HARBOUR, where)) == wanted
        assert set(shelf.vectors.nearest(HARBOUR, Probe(base.vectors[0], "hash"), 9, where=where).ids) == wanted
    assert shelf.vectors.nearest_among(HARBOUR, Probe(base.vectors[0], "hash"), 9, ["one:2", "gone:0"]).ids == ["one:2"]
    assert shelf.vectors.matching(AIRPORT, Comparison("page", "gte", 0)) == []


def test_a_search_reads_its_clients_rows_along_an_index(shelf: PostgresShelf) -> None:
    put(shelf.library, new_document("one"))
    with shelf.database.read(HARBOUR) as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        query = "SELECT place FROM passages WHERE client_id = 'harbour' ORDER BY embedding <=> :vector LIMIT 3"
        vector = str(EMBEDDER.embed_question("chunk").tolist())
        plan = "\n".join(connection.execute(text(f"EXPLAIN {query}"), {"vector": vector}).scalars())
    assert "Index Cond: (client_id = 'harbour'" in plan
    assert len(set(re.findall(r" on passages_(\d+)", plan))) == 1, "one partition is looked at"


def test_ends_of_lives_are_forgotten_in_time(shelf: PostgresShelf) -> None:
    begun = Standing()
    shelf.library.remove_all(HARBOUR)
    shelf.catalog.compact()
    with pytest.raises(Conflict):
        shelf.library.require_standing(HARBOUR, begun)
    with shelf.database.write(None) as connection:
        connection.execute(text("UPDATE document_lives SET ended_at = 0"))
    shelf.catalog.compact()
    shelf.library.require_standing(HARBOUR, begun)
