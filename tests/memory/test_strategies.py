import asyncio
import logging
from collections.abc import Sequence

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from app.common.database import Database
from app.common.errors import UpstreamFailed
from app.common.ids import ClientId
from app.common.work import SharedThreads
from app.memory import Turn
from app.memory.sqlite_session_store import SqliteSessionStore
from app.memory.strategies import (
    BufferMemory,
    Memory,
    MemoryType,
    SummaryMemory,
    WindowMemory,
    make_memory,
)
from tests.memory.conftest import Clock
from tests.waiting import PATIENCE

ANNA, BERT = ClientId("anna"), ClientId("bert")
EACH = 20
"""Tokens of a turn of `say` as the store counts them."""


class Minutes:
    """A summariser that notes which turns it was given, and fails when told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[int]]] = []
        self.error: Exception | None = None
        self.text: str | None = None

    async def __call__(self, _client: ClientId, summary: str, turns: Sequence[Turn]) -> str:
        self.calls.append((summary, [turn.number for turn in turns]))
        if self.error is not None:
            raise self.error
        return f"up to {turns[-1].number}" if self.text is None else self.text

    def folded(self) -> list[int]:
        return [number for _, numbers in self.calls for number in numbers]


@pytest.fixture
def counted(database: Database, clock: Clock) -> SqliteSessionStore:
    """A store for which each message has six tokens, whatever it says."""
    return SqliteSessionStore(database, ttl=60, clock=clock, count_tokens=lambda _text: 6)


def say(store: SqliteSessionStore, count: int = 1, session: str = "s1") -> None:
    for _ in range(count):
        store.append_turn(ANNA, session, "question", "answer")


def consolidate(memory: Memory) -> None:
    asyncio.run(memory.consolidate(ANNA, "s1", SharedThreads()))


def chat(store: SqliteSessionStore, memory: Memory, count: int = 1) -> None:
    for _ in range(count):
        memory.recall(ANNA, "s1")
        say(store)
        consolidate(memory)


def summary_memory(store: SqliteSessionStore, minutes: Minutes, **options: int) -> SummaryMemory:
    return SummaryMemory(store, max_tokens=10 * EACH, summarise=minutes, count_tokens=lambda _text: 6, **options)


def recalled(memory: Memory) -> list[int]:
    return [turn.number for turn in memory.recall(ANNA, "s1").turns]


def test_buffer_recalls_as_many_whole_turns_as_fit(counted: SqliteSessionStore) -> None:
    say(counted, 6)
    memory = BufferMemory(counted, max_tokens=3 * EACH + EACH // 2)
    assert recalled(memory) == [4, 5, 6]
    consolidate(memory)
    assert memory.recall(BERT, "s1").turns == ()
    assert counted.info(ANNA, "s1").message_count == 12


def test_window_recalls_the_last_turns(counted: SqliteSessionStore) -> None:
    say(counted, 6)
    memory = WindowMemory(counted, turns=2)
    assert recalled(memory) == [5, 6]
    consolidate(memory)


def test_a_recollection_becomes_messages(counted: SqliteSessionStore) -> None:
    say(counted, 2)
    messages = WindowMemory(counted, turns=1).recall(ANNA, "s1").messages()
    assert messages == [HumanMessage("question"), AIMessage("answer")]


@pytest.mark.parametrize(
    ("kind", "expected"), [("buffer", BufferMemory), ("buffer_window", WindowMemory), ("summary", SummaryMemory)]
)
def test_the_setting_names_the_memory(counted: SqliteSessionStore, kind: MemoryType, expected: type[Memory]) -> None:
    memory = make_memory(kind, counted, max_tokens=100, window=2, summarise=Minutes())
    assert isinstance(memory, expected)
    assert memory.recall(ANNA, "none").messages() == []


# --- summary


def test_nothing_is_summarised_while_all_turns_fit(counted: SqliteSessionStore) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes)
    chat(counted, memory, 10)
    assert minutes.calls == []
    assert recalled(memory) == list(range(1, 11))


def test_older_turns_are_folded_into_the_summary(counted: SqliteSessionStore) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes)
    chat(counted, memory, 11)
    assert minutes.calls == [("", [1, 2, 3, 4, 5, 6])]
    recollection = memory.recall(ANNA, "s1")
    assert recollection.summary == "up to 6"
    assert [turn.number for turn in recollection.turns] == [7, 8, 9, 10, 11]
    first = recollection.messages()[0]
    assert isinstance(first, SystemMessage)
    assert "up to 6" in str(first.content)
    assert len(counted.export(ANNA, "s1").messages) == 22


def test_each_turn_is_summarised_once_and_none_is_forgotten(counted: SqliteSessionStore) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes)
    for number in range(1, 101):
        chat(counted, memory)
        recollection = memory.recall(ANNA, "s1")
        covered = int(recollection.summary.removeprefix("up to ") or 0)
        assert [turn.number for turn in recollection.turns] == list(range(covered + 1, number + 1))
    folded = minutes.folded()
    assert folded == list(range(1, len(folded) + 1))
    assert len(minutes.calls) < 25
    assert minutes.calls[3][0] == f"up to {minutes.calls[2][1][-1]}"


@pytest.mark.parametrize("error", [UpstreamFailed("the model failed"), ValueError("the summary's words")])
def test_a_failing_summary_fails_nothing_and_is_tried_again(
    counted: SqliteSessionStore, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes)
    minutes.error = error
    with caplog.at_level(logging.DEBUG):
        chat(counted, memory, 12)
    assert len(minutes.calls) == 2
    assert recalled(memory) == list(range(3, 13))
    logged = str([vars(record) for record in caplog.records])
    assert type(error).__name__ in logged
    assert str(error) not in logged
    assert "question" not in logged
    minutes.error = None
    chat(counted, memory)
    assert memory.recall(ANNA, "s1").summary == "up to 8"


def test_an_empty_summary_counts_as_a_failure(counted: SqliteSessionStore) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes)
    minutes.text = "  \n"
    chat(counted, memory, 11)
    assert counted.summary(ANNA, "s1") is None


def test_a_summary_is_resumed_after_a_restart(counted: SqliteSessionStore, database: Database, clock: Clock) -> None:
    before, after = Minutes(), Minutes()
    chat(counted, summary_memory(counted, before), 15)
    again = SqliteSessionStore(database, ttl=60, clock=clock, count_tokens=lambda _text: 6)
    memory = summary_memory(again, after)
    chat(again, memory, 15)
    folded = before.folded() + after.folded()
    assert folded == list(range(1, len(folded) + 1))
    assert after.calls[0][0] == f"up to {before.folded()[-1]}"


def test_a_long_backlog_is_worked_off_in_portions(counted: SqliteSessionStore) -> None:
    minutes = Minutes()
    memory = summary_memory(counted, minutes, fold_turns=8)
    say(counted, 1000)
    chat(counted, memory, 3)
    assert [numbers for _, numbers in minutes.calls] == [
        list(range(1, 9)),
        list(range(9, 17)),
        list(range(17, 25)),
    ]


def test_a_turn_too_long_for_the_prompt_goes_into_the_summary(database: Database, clock: Clock) -> None:
    store = SqliteSessionStore(database, ttl=60, clock=clock, count_tokens=len)
    minutes = Minutes()
    memory = SummaryMemory(store, max_tokens=200, summarise=minutes, count_tokens=len)
    store.append_turn(ANNA, "s1", "short", "short")
    store.append_turn(ANNA, "s1", "long" * 100, "long" * 100)
    for _ in range(3):
        consolidate(memory)
    assert minutes.folded() == [1, 2]
    assert recalled(memory) == []


def test_a_summary_that_grows_too_long_is_cut(database: Database, clock: Clock) -> None:
    store = SqliteSessionStore(database, ttl=60, clock=clock, count_tokens=len)
    minutes = Minutes()
    minutes.text = "word " * 1000
    memory = SummaryMemory(store, max_tokens=400, summarise=minutes, count_tokens=len)
    for _ in range(9):
        store.append_turn(ANNA, "s1", "question" * 3, "answer" * 3)
        consolidate(memory)
    assert 90 < len(memory.recall(ANNA, "s1").summary) <= 100
    assert recalled(memory) != []


def test_two_requests_at_once_do_not_summarise_twice(counted: SqliteSessionStore) -> None:
    calls: list[int] = []

    async def consolidate_twice() -> None:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def slow(_client: ClientId, _summary: str, turns: Sequence[Turn]) -> str:
            calls.append(len(turns))
            entered.set()
            await asyncio.wait_for(leave.wait(), PATIENCE)
            return "summary"

        memory = SummaryMemory(counted, max_tokens=10 * EACH, summarise=slow, count_tokens=lambda _text: 6)
        first = asyncio.create_task(memory.consolidate(ANNA, "s1", SharedThreads()))
        await asyncio.wait_for(entered.wait(), PATIENCE)
        await memory.consolidate(ANNA, "s1", SharedThreads())
        assert calls == [6]
        leave.set()
        await first
        await memory.consolidate(ANNA, "s1", SharedThreads())

    say(counted, 11)
    asyncio.run(consolidate_twice())
    assert calls == [6]


def test_a_session_deleted_while_it_is_summarised_stays_deleted(counted: SqliteSessionStore) -> None:
    async def deleting(_client: ClientId, _summary: str, _turns: Sequence[Turn]) -> str:
        await asyncio.to_thread(counted.delete, ANNA, "s1")
        await asyncio.to_thread(say, counted)
        return "of what was deleted"

    memory = SummaryMemory(counted, max_tokens=10 * EACH, summarise=deleting, count_tokens=lambda _text: 6)
    say(counted, 11)
    consolidate(memory)
    assert memory.recall(ANNA, "s1").summary == ""
    assert recalled(memory) == [1]
