"""What the chain promises, in one table: how an answer ends x who remembers it x whether its client is erased.

The answerer is scripted; the search, the memory and the session store are real parts.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.messages import BaseMessage, HumanMessage

from app.bootstrap import open_services
from app.common.database import Database
from app.common.errors import AppError, Conflict, UpstreamTimeout
from app.common.ids import ClientId
from app.common.work import Threads
from app.memory.sqlite_session_store import SqliteSessionStore
from app.memory.strategies import BufferMemory
from app.service import Services
from app.services.answering.answerers import Answerer, Piece
from app.services.answering.followups import FollowUps
from app.services.answering.grounding import Gate
from app.services.answering.types import Answer, AnswerOptions, ChatQuestion, Delta, Prepared
from app.services.conversing.computing import Computing
from app.services.conversing.outlines import OutlinedDocuments
from app.services.conversing.preparing import Preparer
from app.services.conversing.service import Conversing
from app.services.digests.central import Outlines
from app.services.digests.index import SummaryIndex
from app.services.library.reading import LibraryReader
from app.services.library.texts import DocumentTexts
from app.services.llm.types import Completion
from app.services.rag_chain import RagChain
from app.services.reranking.service import Reranking
from tests.api import TEXT, settings_in
from tests.fakes import HashEmbeddings
from tests.waiting import PATIENCE

HARBOUR, TALK = ClientId("harbour"), "talk"
QUESTION = "How much does the crane lift?"
ANSWER = "It lifts forty tonnes."

Ending = Literal["whole", "fails", "leaves", "cancelled"]
Keeper = Literal["session", "nobody", "caller"]
"""Who remembers: the session; nobody, as memory is off; or the caller, who brought the conversation along."""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Services]:
    folder = shutil.copytree(new_stores, tmp_path_factory.mktemp("chain"), dirs_exist_ok=True)
    file = folder / "crane.txt"
    file.write_text(TEXT)
    with open_services(settings_in(folder), embedder=HashEmbeddings()) as services:
        services.ingest_file(file, HARBOUR)
        yield services


class Script(Answerer):
    """Says `words`, then ends as it is told; `erase` is called when it is asked, before the first word."""

    name = "script"

    def __init__(self, words: str, ending: Ending, erase: Any = None) -> None:
        self._pieces = [word + " " for word in words.split(" ")] if words else []
        self._ending = ending
        self._erase = erase
        self.silent = asyncio.Event()
        self.open = 0
        self.asked = 0

    def require_room(self, client_id: ClientId) -> None:
        """See Answerer."""

    async def answer(
        self,
        prepared: Prepared,  # noqa: ARG002 - what is answered is not looked at
        threads: Threads,  # noqa: ARG002 - as above
    ) -> AsyncGenerator[Piece, None]:
        """See Answerer."""
        if self._erase:
            await asyncio.to_thread(self._erase)
        for piece in self._say():
            yield piece

    async def stream(
        self,
        prepared: Prepared,  # noqa: ARG002 - as above
        threads: Threads,  # noqa: ARG002 - as above
    ) -> AsyncGenerator[Piece, None]:
        """See Answerer."""
        self.open += 1
        try:
            if self._erase:
                await asyncio.to_thread(self._erase)
            for piece in self._say():
                if isinstance(piece, Completion) and self._ending in ("leaves", "cancelled"):
                    self.silent.set()
                    await asyncio.Event().wait()
                yield piece
        finally:
            self.open -= 1

    def _say(self) -> Iterator[Piece]:
        self.asked += 1
        yield from self._pieces
        if self._ending == "fails":
            raise UpstreamTimeout("The model took too long.", code="model_timeout")
        yield Completion(text="", model=self.name, usage=None)


@dataclass(frozen=True)
class Case:
    """`stored` is the turn's answer and what is noted with it; None when there is no turn. `raised` is a code."""

    words: str
    ending: Ending
    keeper: Keeper
    erased: bool = False
    raised: str | None = None
    stored: tuple[str, dict[str, Any]] | None = None

    def __str__(self) -> str:
        return f"{self.words or 'nothing'}, {self.ending}, {self.keeper}{', erased' if self.erased else ''}"


CUT_OFF = {"cut_off": True}
WHOLE = [
    Case(ANSWER, "whole", "session", stored=(ANSWER, {})),
    Case(ANSWER, "whole", "nobody"),
    Case(ANSWER, "whole", "caller"),
    Case(ANSWER, "whole", "session", erased=True, raised="erased_meanwhile"),
    Case(ANSWER, "whole", "nobody", erased=True),
    Case("", "whole", "session", raised="model_empty_answer"),
    Case("", "fails", "session", raised="model_timeout"),
    Case("It lifts", "fails", "session", raised="model_timeout"),
    Case("It lifts", "fails", "session", erased=True, raised="model_timeout"),
    Case("It lifts", "fails", "nobody", raised="model_timeout"),
]
CUT = [
    Case("It lifts", ending, "session", stored=("It lifts", CUT_OFF)) for ending in ("leaves", "cancelled")
] + [
    Case("It lifts", "leaves", "nobody"),
    Case("It lifts", "cancelled", "caller"),
    Case("It lifts", "leaves", "session", erased=True),
    Case("It lifts", "cancelled", "session", erased=True),
    Case("", "cancelled", "session"),
]  # fmt: skip


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[SqliteSessionStore]:
    store = SqliteSessionStore(Database.open_sqlite(tmp_path / "sessions.db"), ttl=60)
    yield store
    store.close()


MakeChain = Callable[..., RagChain]


@pytest.fixture
def chain_of(services: Services, sessions: SqliteSessionStore) -> MakeChain:
    """Make a chain around a scripted answerer."""
    reader = LibraryReader(catalog=services.internals.catalog, store=services.vector_store_service)
    retriever = services.retriever

    def make(script: Script, min_relevance: float | None = None) -> RagChain:
        memory = BufferMemory(sessions, max_tokens=1000)
        documents = OutlinedDocuments(
            Outlines(DocumentTexts(services.vector_store_service), services.internals.embedders.current)
        )
        conversing = Conversing(
            reader=reader,
            retriever=retriever,
            sessions=sessions,
            documents=documents,
            summaries=SummaryIndex(services.internals.catalog.digests, services.internals.embedders.current),
            with_model=True,
        )
        preparer = Preparer(
            retriever=retriever,
            reranking=Reranking(None),
            memory=memory,
            follow_ups=FollowUps(None),
            conversing=conversing,
            gate=None if min_relevance is None else lambda _: Gate(least=min_relevance),
        )
        computing = Computing(tables=services.internals.tables, reader=reader, model=None)
        return RagChain(preparer=preparer, computing=computing, answerer=script, sessions=sessions, memory=memory)

    return make


def question(keeper: Keeper) -> ChatQuestion:
    brought: list[BaseMessage] = [HumanMessage("Hello.")]
    asked = ChatQuestion(client_id=HARBOUR, text=QUESTION, options=AnswerOptions(top_k=4), session_id=TALK)
    return replace(asked, use_memory=keeper != "nobody", history=brought if keeper == "caller" else None)


def scripted(case: Case, sessions: SqliteSessionStore) -> Script:
    return Script(case.words, case.ending, (lambda: sessions.delete_client(HARBOUR)) if case.erased else None)


def stored(sessions: SqliteSessionStore) -> tuple[str, dict[str, Any]] | None:
    """The only turn's answer and what is noted with it."""
    if not sessions.active_ids(HARBOUR):
        return None
    asked, answered = sessions.messages(HARBOUR, TALK).messages
    assert asked.content == QUESTION
    return answered.content.strip(), dict(answered.extra)


@dataclass
class Reading:
    """What a reader of a stream got."""

    said: str = ""
    answer: Answer | None = None
    raised: str | None = None


async def read(chain: RagChain, script: Script, case: Case) -> Reading:
    """Read to the end, or leave as the case says, once the answerer has said all its words."""
    got = Reading()

    async def read_on() -> None:
        async with aclosing(chain.stream(await chain.prepare(question(case.keeper)))) as pieces:
            async for piece in pieces:
                got.said += piece.text if isinstance(piece, Delta) else ""
                got.answer = piece if isinstance(piece, Answer) else None
                if case.ending == "leaves" and got.said.strip() == case.words:
                    return

    reading = asyncio.create_task(read_on())
    if case.ending == "cancelled":
        await asyncio.wait_for(script.silent.wait(), PATIENCE)
        reading.cancel()
    try:
        await reading
    except asyncio.CancelledError:
        assert case.ending == "cancelled"
    except AppError as exc:
        got.raised = exc.code
    assert script.open == 0, "the answerer's call is over when the reader's is"
    return got


@pytest.mark.parametrize("case", WHOLE + CUT, ids=str)
def test_a_streamed_answer(chain_of: MakeChain, sessions: SqliteSessionStore, case: Case) -> None:
    script = scripted(case, sessions)
    got = asyncio.run(read(chain_of(script), script, case))
    assert got.said.strip() == case.words
    assert got.raised == case.raised
    assert (got.answer is not None) == (case.ending == "whole" and case.raised is None)
    assert got.answer is None or got.answer.memory_used == (case.keeper == "session")
    assert stored(sessions) == case.stored


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_an_answer_in_one_piece(chain_of: MakeChain, sessions: SqliteSessionStore, case: Case) -> None:
    chain = chain_of(scripted(case, sessions))
    prepared = asyncio.run(chain.prepare(question(case.keeper)))
    if case.raised:
        with pytest.raises(AppError) as caught:
            asyncio.run(chain.answer(prepared))
        assert caught.value.code == case.raised
    else:
        assert asyncio.run(chain.answer(prepared)).text.strip() == case.words
    assert stored(sessions) == case.stored


def test_a_client_erased_between_question_and_answer_may_ask_again(
    chain_of: MakeChain, sessions: SqliteSessionStore
) -> None:
    chain = chain_of(Script(ANSWER, "whole"))
    prepared = asyncio.run(chain.prepare(question("session")))
    sessions.delete_client(HARBOUR)
    with pytest.raises(Conflict):
        asyncio.run(chain.answer(prepared))
    assert chain.ask(question("session")).text.strip() == ANSWER
    assert stored(sessions) == (ANSWER, {})


def test_what_has_nothing_to_do_with_the_passages_is_answered_without_asking(
    chain_of: MakeChain, sessions: SqliteSessionStore
) -> None:
    script = Script(ANSWER, "whole")
    chain = chain_of(script, min_relevance=1.5)
    answer = chain.ask(question("session"))
    assert answer.text.startswith(f"I could not find an answer to “{QUESTION}” in your documents.")
    assert (answer.grounded, list(answer.sources)) == (False, [])
    assert stored(sessions) == (answer.text, {})
    assert script.asked == 0
