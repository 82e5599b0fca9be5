from pathlib import Path

import pytest
from sqlalchemy import text

from app.common.database import Database
from app.memory.sqlite_session_store import SqliteSessionStore
from tests.memory.conftest import Clock
from tests.memory.contract import ANNA, BERT, SessionStoreContract, questions, say
from tests.memory.contract_feedback import BAD, FeedbackContract
from tests.memory.contract_kept_answers import KeptAnswersContract, claim_of, keep


class TestSqliteSessionStore(SessionStoreContract):
    """The promises of every store, kept by SQLite."""


class TestFeedbackInSqlite(FeedbackContract):
    """The same of feedback."""


class TestKeptAnswersInSqlite(KeptAnswersContract):
    """The same of kept answers."""


def test_history_of_a_long_session_reads_only_the_latest_turns(
    database: Database, store: SqliteSessionStore, clock: Clock
) -> None:
    say(store, ANNA, "s1", 1000)
    reopened = SqliteSessionStore(database, ttl=60, cached_sessions=0, clock=clock)
    # Whoever reads too far finds tokens that are no number.
    with database.write() as connection:
        connection.execute(text("UPDATE messages SET tokens = 'broken' WHERE position <= 1800"))
    assert len(reopened.history(ANNA, "s1", max_turns=20)) == 20
    assert len(reopened.history(ANNA, "s1", max_tokens=200)) > 5


def test_nothing_is_left_in_the_tables_of_what_was_deleted(store: SqliteSessionStore, database: Database) -> None:
    say(store, ANNA, "s1", 2)
    assert store.put_summary(ANNA, "s1", "summary", up_to=store.history(ANNA, "s1")[-1].last_id, replaces=None)
    store.feedback.put(ANNA, "s1", store.history(ANNA, "s1")[-1].message_id, BAD)
    say(store, BERT, "s1")
    store.kept_answers.claim(claim_of(1))
    store.delete_client(ANNA)
    with database.read() as connection:
        for table in ("sessions", "messages", "summaries", "feedback", "kept_answers"):
            gone = text(f"SELECT count(*) FROM {table} WHERE client_id = 'anna'")
            assert connection.execute(gone).scalar() == 0
        assert connection.execute(text("SELECT scope FROM session_totals ORDER BY 1")).scalars().all() == ["", "bert"]


def test_no_byte_of_an_erased_client_is_left_on_the_disk(
    store: SqliteSessionStore, database: Database, tmp_path: Path
) -> None:
    # Enough rows of mixed lengths that pages are split and merged: copies stay in their unused parts otherwise.
    for number in range(400):
        client = ANNA if number % 3 else BERT
        word = "Zanzibar" if client == ANNA else "Helsinki"
        store.append_turn(client, f"s{number}", word * (number % 97), f"{word} answer " * (number % 41 + 1))
        if number % 5 == 0:
            store.delete(client, f"s{number}")
    size = database.size_bytes()
    store.delete_client(ANNA)
    store.compact()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("sessions.db*"))
    assert b"Helsinki" in raw
    assert b"Zanzibar" not in raw
    assert ANNA.encode() not in raw
    assert database.size_bytes() < size / 2


def test_memory_holds_only_so_many_sessions(store: SqliteSessionStore) -> None:
    for number in range(10):
        say(store, ANNA, f"s{number}")
    assert store.get_stats()["active_chains"] == 3
    assert store.get_stats(BERT)["active_chains"] == 0
    assert questions(store, ANNA, "s0") == ["turn 0?"]
    store.delete(ANNA, "s0")
    assert store.get_stats()["active_chains"] == 2


@pytest.mark.parametrize("owner", ["WHERE client_id = 'anna' AND", "WHERE"])
def test_lists_and_counts_of_sessions_run_along_an_index(
    store: SqliteSessionStore, database: Database, owner: str
) -> None:
    order = "ORDER BY expires_at DESC, client_id DESC, session_id DESC LIMIT 5"
    assert store.active_ids() == []
    with database.read() as connection:
        for query in (
            f"SELECT * FROM sessions {owner} expires_at > 5 {order}",
            f"SELECT * FROM sessions {owner} (expires_at, client_id, session_id) < (5, 'a', 's') {order}",
            f"SELECT count(*) FROM sessions {owner} expires_at <= 5",
        ):
            plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert "USING" in plan
            assert "SCAN" not in plan
            assert "TEMP B-TREE" not in plan


def test_conversations_outlive_the_process(store: SqliteSessionStore, database: Database, clock: Clock) -> None:
    say(store, ANNA, "s1", 2)
    database.close()
    again = SqliteSessionStore(database, ttl=60, clock=clock)
    assert questions(again, ANNA, "s1") == ["turn 0?", "turn 1?"]
    assert again.get_stats()["total_messages"] == 4


def test_claims_of_an_earlier_process_are_given_up_and_answers_stay(
    store: SqliteSessionStore, database: Database, clock: Clock
) -> None:
    for number in range(2):
        store.kept_answers.claim(claim_of(number))
    keep(store, claim_of(1))
    again = SqliteSessionStore(database, ttl=60, clock=clock)
    assert again.kept_answers.claim(claim_of(0, holder="second")) is None
    assert again.kept_answers.claim(claim_of(1, holder="second")) is not None


def test_kept_answers_are_found_along_an_index(store: SqliteSessionStore, database: Database) -> None:
    assert store.active_ids() == []
    with database.read() as connection:
        for query in (
            "SELECT count(*), sum(size) FROM kept_answers WHERE client_id = 'anna' AND answer IS NOT NULL",
            "SELECT name FROM kept_answers WHERE expires_at <= 5 LIMIT 9",
            "SELECT * FROM kept_answers WHERE name = x'00'",
        ):
            plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert "SEARCH" in plan
            assert "SCAN" not in plan
