"""What goes into an answer and what comes out: the values that the chain, the routes and the store pass around."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from langchain_core.messages import BaseMessage

from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.lives import Standing
from app.common.passages import NO_POOL, Passage, Pool
from app.common.work import Threads
from app.services.answering.citations import Citation
from app.services.intents.types import Intent
from app.services.llm.types import Completion

NOT_FOUND = "I could not find an answer to that in your documents."
"""What is said where nothing better is known."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A line of the answer, word for word, that rests on the passage with this number, from 1.

    `score`, 0 to 1, says how well it fits.
    """

    text: str
    passage: int
    score: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """The whole answer, where the documents do not hold one. It is shown as it is: its brackets cite nothing."""

    text: str


How = Literal["whole", "digest", "passages", "sentences"]
"""How a document was read: all of its text, a digest made of it, passages that were found in it, or some sentences."""
Stage = Literal["reading", "merging"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a document an answer is made from: of its pages, and of the parts it is stored in."""

    document_id: str
    source: str
    how: How
    pages: int
    pages_read: int
    parts: int
    parts_read: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of long documents is: so many calls of a stage are done."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer is made from: the passages that it may cite, what the model is asked, what was read."""

    sources: Sequence[Passage]
    prompt: Sequence[BaseMessage]
    coverage: Sequence[Coverage]


LongReading = Callable[[Threads], AsyncGenerator[Progress | Material, None]]
"""Reads long documents with the model; what it yields last is the material. Closing the generator ends the calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOptions:
    """How a question is answered, after the request, the client and the service have had their say.

    Passages of `context_tokens` (None: the configured number) are given to the model, at most `top_k` where given.
    `temperature` and `model` None mean the model's configured ones. `instructions` are the client's own wishes for the
    model; they come after ours and never replace them.
    """

    top_k: int | None = None
    context_tokens: int | None = None
    temperature: float | None = None
    model: str | None = None
    instructions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatQuestion:
    """A question of one client, and how it is to be answered.

    `session_id` None begins a session. With `history` the caller brings the conversation itself: no session is read
    or written. The answer is made only of passages that `where` lets through, a checked filter. The turn is stored only
    if `standing` still holds then.
    """

    client_id: ClientId
    text: str
    options: AnswerOptions
    session_id: str | None = None
    use_memory: bool = True
    history: Sequence[BaseMessage] | None = None
    where: PassageFilter | None = None
    standing: Standing = field(default_factory=Standing)

    @property
    def remembered(self) -> bool:
        """Whether a session is read before and written after."""
        return self.use_memory and self.history is None


@dataclass(frozen=True, slots=True)
class Computation:
    """What was computed over a table of a document: the plan in words, and the rows that the result rests on.

    `rows` are their numbers in the file, as ranges, the first thousand at most; `row_count` counts all.
    """

    document_id: str
    source: str
    sheet: str
    plan: str
    rows: str
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question with all that its answer needs; what is left may take long, and can be streamed.

    `sources` are the passages that are given to the model, in the order of their numbers, from 1; none when nothing
    relevant was found and the model will not be asked. `search_query` is what was searched for. `started` is in
    seconds of time.perf_counter(). `said` is the whole answer where it is known already; `prompt` is what the model is
    asked where the answer is no search's. `refusal` is the answer if the passages turn out not to hold one. Where
    documents are too long, `reading` makes prompt and sources. `coverage` says how much of the documents was read, if
    the answer is about whole ones. `pool` is what a reranker may choose the sources from, before anything is asked.
    """

    question: ChatQuestion
    session_id: str
    search_query: str
    history: Sequence[BaseMessage]
    sources: Sequence[Passage]
    relevant: bool
    started: float
    retrieval_ms: float
    intent: Intent = "search"
    said: Sequence[str | Quote | Refusal] = ()
    refusal: str = NOT_FOUND
    prompt: Sequence[BaseMessage] = ()
    computation: Computation | None = None
    coverage: Sequence[Coverage] = ()
    reading: LongReading | None = None
    pool: Pool = NO_POOL

    def with_material(self, material: Material) -> Self:
        """Return it as it is when the documents are read."""
        sources, coverage = material.sources, material.coverage
        return replace(
            self, sources=sources, prompt=material.prompt, coverage=coverage, relevant=bool(sources), reading=None
        )


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of a streamed answer. All deltas together are the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answered question. `sources` are the passages in the order of their citation numbers, from 1.

    `cited` are the numbers that the text cites, `citations` their passages with the places. `grounded` is False when
    the documents hold nothing relevant, and the text says so, or when it is not about documents. `intent` is what kind
    of turn the message was. `message_id` is the id of the stored answer; None where nothing is stored. `coverage` is
    how much was read of the documents that it is about as a whole.
    """

    text: str
    session_id: str
    sources: Sequence[Passage]
    cited: frozenset[int]
    citations: Sequence[Citation]
    completion: Completion
    grounded: bool
    memory_used: bool
    search_query: str
    retrieval_ms: float
    generation_ms: float
    total_ms: float
    intent: Intent = "search"
    message_id: str | None = None
    computation: Computation | None = None
    coverage: Sequence[Coverage] = ()
