"""Responses: one route, which answers whole or as events."""

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Request
from starlette.background import BackgroundTask

from app.common.absent import no_such_client
from app.common.errors import AppError
from app.common.ids import ClientId
from app.dependencies.callers import Caller, CallerDep
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.presence import answered
from app.dependencies.questions import require_length
from app.dependencies.services import ClientsDep, ClientSettingsDep, RagDep, SessionsDep, SettingsDep, WorkDep
from app.openai.errors import PREFIX, openai_responses
from app.openai.owners import model_client, model_record, own
from app.openai.responses.answers import Response
from app.openai.responses.events import Writer, events_of
from app.openai.responses.places import Conversations
from app.openai.responses.reading import Asked, read_request
from app.openai.responses.replies import Reply
from app.openai.responses.requests import ResponseRequest
from app.openai.shapes import as_passage_filter
from app.services.intents.tasks import read_task
from app.services.rag_chain import ChatQuestion, Prepared, RagChain
from app.streams import EVENTS_SCHEMA, EventStream, FirstPiece

router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["OpenAI"], route_class=OnceRoute)

_EVENTS = {
    "description": "The answer; with `stream`, server-sent events, from `response.created` to `response.completed`.",
    "content": {"text/event-stream": EVENTS_SCHEMA},
}


async def get_responding_client(
    body: ResponseRequest, caller: CallerDep, clients: ClientsDep
) -> AsyncIterator[ClientId]:
    """Count a request for a response; yields the client that its model stands for, and its vector store must."""
    client_id = model_client(caller, body.model)
    await anyio.to_thread.run_sync(model_record, clients, client_id)
    with caller.at_work(client_id, "chat"):
        if body.search:
            _require_own_store(caller, client_id, body.search.vector_store_ids[0])
        yield client_id


RespondingClientDep = Annotated[ClientId, Depends(get_responding_client)]


async def get_asked(
    body: ResponseRequest,
    client_id: RespondingClientDep,
    caller: CallerDep,
    sessions: SessionsDep,
    settings: SettingsDep,
    work: WorkDep,
) -> AsyncIterator[Asked]:
    """Read what is asked, with what is stored of its conversation; no copy of that stays to which no turn was added."""
    conversations = Conversations(sessions, client_id)
    read = partial(read_request, body, conversations, caller.standing, max_tokens=settings.max_token_limit)
    try:
        asked = await work.write.run(client_id, read)
        if read_task(asked.question) is None:
            require_length(asked.question, "input", settings)
        yield asked
    finally:
        if conversations.copied:
            with anyio.CancelScope(shield=True), suppress(AppError):
                await work.write.run(client_id, conversations.discard_unused)


AskedDep = Annotated[Asked, Depends(get_asked)]


async def get_response_question(
    body: ResponseRequest, client_id: RespondingClientDep, asked: AskedDep, caller: CallerDep, client: ClientSettingsDep
) -> ChatQuestion:
    """Return the question, and how the client wants it answered."""
    search = body.search
    options = partial(
        client.options,
        client_id,
        top_k=search.max_num_results if search else None,
        temperature=body.temperature,
        instructions=asked.instructions,
    )
    return ChatQuestion(
        client_id=client_id,
        text=asked.question,
        session_id=asked.place.session_id,
        options=await anyio.to_thread.run_sync(options),
        history=asked.history,
        where=as_passage_filter(search.filters) if search else None,
        standing=caller.standing,
    )


@router.post(
    "/responses",
    summary="Response",
    response_model=Response,
    responses={200: _EVENTS, **openai_responses(400, 401, 404, 409, 413, 429, 502, 503, 504)},
    dependencies=[Depends(do_once)],
)
async def create_response(
    request: Request,
    body: ResponseRequest,
    asked: AskedDep,
    question: Annotated[ChatQuestion, Depends(get_response_question)],
    rag: RagDep,
    after: BackgroundTasks,
) -> Response | EventStream:
    """Answer from the client's documents. The turn is kept unless `store` is false, or the conversation is sent along.

    A kept conversation goes on with `previous_response_id`; it is a session as any other, `resp_` and 24 digits. With
    the tool `file_search` the search is part of the output, and with `include` what it found.
    """
    prepared = await rag.prepare(question)
    reply = Reply.begin(body, question.client_id, asked)
    if body.stream:
        return await _stream(request, rag, prepared, reply)
    answer = await answered(request, rag, prepared)
    if answer.memory_used and rag.consolidates:
        after.add_task(rag.consolidate, question.client_id, answer.session_id)
    return reply.whole(answer, answer.sources)


async def _stream(request: Request, rag: RagChain, prepared: Prepared, reply: Reply) -> EventStream:
    begun = await FirstPiece.wait(rag.stream(prepared))
    after = None
    if prepared.question.remembered and rag.consolidates:
        after = BackgroundTask(rag.consolidate, prepared.question.client_id, prepared.session_id)
    writer = Writer(reply, prepared.search_query, prepared.sources)
    return EventStream(events_of(request, begun, writer), source=begun, after=after)


def _require_own_store(caller: Caller, client_id: ClientId, store: str) -> None:
    """Raise NotFound unless the vector store is that of the client that is asked."""
    if caller.client(own(caller, store)) != client_id:
        raise no_such_client()
