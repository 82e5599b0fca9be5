from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.common.errors import Conflict
from app.common.lives import Standing
from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.lives import ARE_KEPT
from app.memory import SessionStore
from app.memory.postgres import PostgresSessionStore
from app.memory.postgres.store import TABLES
from tests.memory.conftest import Clock
from tests.memory.contract import ANNA, BERT, SessionStoreContract, questions, say
from tests.memory.contract_at_once import Another, AtOnceContract
from tests.memory.contract_feedback import FeedbackContract
from tests.memory.contract_kept_answers import KeptAnswersContract, claim_of, keep


class TestPostgresSessionStore(SessionStoreContract):
    """The promises of every store, kept by PostgreSQL."""


class TestFeedbackInPostgres(FeedbackContract):
    """The same of feedback."""


class TestKeptAnswersInPostgres(KeptAnswersContract):
    """The same of kept answers."""


class TestPostgresAtOnce(AtOnceContract):
    """The same with two processes' stores on one database."""


def test_a_turn_of_one_process_is_seen_by_the_other_at_once(store: SessionStore, another: Another) -> None:
    other = another()
    say(store, ANNA, "s1", 2)
    assert questions(other, ANNA, "s1") == ["turn 0?", "turn 1?"]
    other.delete(ANNA, "s1")
    assert questions(store, ANNA, "s1") == []


def test_one_session_begun_by_two_processes_at_once_is_one(store: SessionStore, another: Another) -> None:
    stores, together = [store, another()], Barrier(2)

    def begin(number: int) -> None:
        for session in range(20):
            together.wait(10)
            stores[number].append_turn(ANNA, f"s{session}", f"q {number}", f"a {number}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(begin, range(2)))
    for session in range(20):
        assert sorted(questions(store, ANNA, f"s{session}")) == ["q 0", "q 1"]
        assert [m.number for m in store.messages(ANNA, f"s{session}").messages] == [1, 2, 3, 4]


def test_what_one_process_erases_the_other_does_not_store_late(store: SessionStore, another: Another) -> None:
    other, begun = another(), Standing()
    other.delete_client(ANNA)
    with pytest.raises(Conflict, match="erased"):
        store.append_turn(ANNA, "s1", "Q?", "A.", standing=begun)
    store.append_turn(ANNA, "s1", "Q?", "A.", standing=Standing())


def test_the_end_of_a_life_is_forgotten_in_time(store: SessionStore, clock: Clock) -> None:
    begun = Standing()
    store.delete_client(ANNA)
    clock.advance(ARE_KEPT + 1)
    store.cleanup()
    store.append_turn(ANNA, "s1", "Q?", "A.", standing=begun)
    assert len(store.history(ANNA, "s1")) == 1


def test_only_one_of_two_summaries_made_at_once_is_kept(store: SessionStore, another: Another) -> None:
    stores, together = [store, another()], Barrier(2)
    say(store, ANNA, "s1", 3)
    last = store.history(ANNA, "s1")[-1].last_id

    def put(number: int) -> bool:
        together.wait(10)
        return stores[number].put_summary(ANNA, "s1", f"by {number}", up_to=last, replaces=None)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(put, range(2))) == [False, True]


def test_a_character_that_the_database_cannot_hold_is_replaced(store: SessionStore) -> None:
    store.append_turn(ANNA, "s1", "half\0way", "A\0.", sources=[{"content": "nul \0"}])
    _, answer = store.messages(ANNA, "s1").messages
    assert questions(store, ANNA, "s1") == ["half�way"]
    assert (answer.content, answer.sources) == ("A�.", [{"content": "nul \0"}])


def test_a_statement_that_names_no_client_touches_its_transactions_client_only(
    store: SessionStore, database_url: str
) -> None:
    """Whatever a statement forgets: the policies stand below it."""
    say(store, ANNA, "s1", 2)
    say(store, BERT, "s1")
    with closing(PostgresDatabase.open(driver_address(database_url))) as database:
        with database.read(BERT) as connection:
            counts = [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in TABLES]
        assert counts == [1, 2, *([0] * (len(TABLES) - 2))]
        with database.write(BERT) as connection:
            assert connection.execute(text("DELETE FROM sessions")).rowcount == 1
        with pytest.raises(ProgrammingError, match="row-level security"), database.write(BERT) as connection:
            connection.execute(text("INSERT INTO session_lives VALUES ('anna', 1, 1)"))
        with database.read(None) as connection:
            assert connection.execute(text("SELECT count(*) FROM messages")).scalar() == 4


@pytest.mark.parametrize("owner", ["client_id = 'anna' AND", ""])
def test_lists_and_counts_of_sessions_run_along_an_index(
    store: PostgresSessionStore, database_url: str, owner: str
) -> None:
    order = "ORDER BY expires_at DESC, client_id DESC, session_id DESC LIMIT 5"
    say(store, ANNA, "s1")
    with (
        closing(PostgresDatabase.open(driver_address(database_url))) as database,
        database.read(ANNA if owner else None) as connection,
    ):
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        for query in (
            f"SELECT * FROM sessions WHERE {owner} expires_at > 5 {order}",
            f"SELECT * FROM sessions WHERE {owner} (expires_at, client_id, session_id) < (5, 'a', 's') {order}",
            f"SELECT count(*) FROM sessions WHERE {owner} expires_at <= 5",
        ):
            plan = "\n".join(connection.execute(text(f"EXPLAIN {query}")).scalars())
            assert "Index Cond" in plan
            assert "Seq Scan" not in plan
            assert "Sort" not in plan


def test_of_two_processes_one_does_what_is_asked_of_both_and_both_know_the_answer(
    store: SessionStore, another: Another
) -> None:
    stores, together = [store, another()], Barrier(2)

    def ask(process: int) -> list[int]:
        done = []
        for number in range(20):
            together.wait(10)
            claim = claim_of(number, None, holder=f"process {process}")
            try:
                answer = stores[process].kept_answers.claim(claim)
            except Conflict:
                continue
            assert answer is None or answer.sealed == b"sealed"
            if answer is None:
                done.append(number)
                keep(stores[process], claim)
        return done

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert sorted(first + second) == list(range(20))
    assert all(each.kept_answers.claim(claim_of(5, None)) is not None for each in stores)
