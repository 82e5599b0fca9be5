"""Chat completions, models and vector store search, in OpenAI's words."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Request

from app.common.ids import ClientId
from app.common.passages import Found, Passage
from app.dependencies.callers import CallerDep
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.presence import answered
from app.dependencies.questions import require_length
from app.dependencies.services import (
    ClientsDep,
    ClientSettingsDep,
    RagDep,
    RerankingDep,
    RetrieverDep,
    SettingsDep,
    WorkDep,
)
from app.openai import schemas, search_schemas
from app.openai.errors import PREFIX, openai_error, openai_responses
from app.openai.owners import model_client, model_record, own
from app.openai.shapes import Reply, as_passage_filter, as_search_result, read_conversation
from app.services.catalog.records import ClientRecord
from app.services.intents.tasks import read_task
from app.services.rag_chain import Answer, ChatQuestion, Delta, StreamPiece
from app.services.retriever import Retriever
from app.streams import EVENTS_SCHEMA, Events, EventStream, FirstPiece, capture_failure, event

router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["OpenAI"], route_class=OnceRoute)

_STREAM = {
    "description": "The answer; with `stream`, server-sent events.",
    "content": {"text/event-stream": EVENTS_SCHEMA},
}


async def get_asked_client(
    body: schemas.CompletionRequest, caller: CallerDep, clients: ClientsDep
) -> AsyncIterator[ClientId]:
    """Count a request for an answer; yields the client that its model stands for."""
    client_id = model_client(caller, body.model)
    await anyio.to_thread.run_sync(model_record, clients, client_id)
    with caller.at_work(client_id, "chat"):
        yield client_id


async def get_searched_client(
    client_id: str, body: search_schemas.VectorSearchRequest, caller: CallerDep, settings: SettingsDep
) -> AsyncIterator[ClientId]:
    """Check and count a search; yields the client that its vector store stands for."""
    with caller.at_work(caller.client(own(caller, client_id)), "search") as owner:
        for query in body.queries:
            require_length(query, "query", settings)
        yield owner


async def get_model_client(model: str, caller: CallerDep) -> ClientId:
    """Return the client that the model in the path stands for."""
    return model_client(caller, model)


@router.post(
    "/chat/completions",
    summary="Chat completion",
    response_model=schemas.Completion,
    responses={200: _STREAM, **openai_responses(400, 401, 404, 409, 413, 429, 502, 503, 504)},
    dependencies=[Depends(do_once)],
)
async def create_completion(
    request: Request,
    body: schemas.CompletionRequest,
    client_id: Annotated[ClientId, Depends(get_asked_client)],
    rag: RagDep,
    client_settings: ClientSettingsDep,
    settings: SettingsDep,
) -> schemas.Completion | EventStream:
    """Answer the last user message from the client's documents. Nothing is read from or stored in a session.

    The earlier messages are the conversation; system messages are followed after the service's own rules. The answer's
    `annotations` are its citations, and `sources` holds the passages.
    """
    conversation = read_conversation(body.messages, max_tokens=settings.max_token_limit)
    if read_task(conversation.question) is None:  # a front end's own prompt holds a conversation, and is cut
        require_length(conversation.question, "The last message", settings)
    options = partial(
        client_settings.options,
        client_id,
        top_k=body.top_k,
        temperature=body.temperature,
        instructions=conversation.instructions,
    )
    prepared = await rag.prepare(
        ChatQuestion(
            client_id=client_id,
            text=conversation.question,
            options=await anyio.to_thread.run_sync(options),
            history=conversation.history,
            where=as_passage_filter(body.filters),
        )
    )
    reply = Reply.begin(client_id, str(request.base_url), conversation.tokens, body.warnings)
    if not body.stream:
        return reply.completion(await answered(request, rag, prepared))
    begun = await FirstPiece.wait(rag.stream(prepared))
    usage = bool(body.stream_options and body.stream_options.include_usage)
    return EventStream(_chunks(request, begun, reply, usage=usage), source=begun)


@router.get("/models", summary="The clients, as models", responses=openai_responses(401))
def list_models(caller: CallerDep, clients: ClientsDep) -> schemas.ModelList:
    """Return a model for each client that the key may ask."""
    own = caller.own_client
    records = clients.all() if own is None else [clients.get(own)]
    return schemas.ModelList(data=[_model(record) for record in records])


@router.get("/models/{model}", summary="One client, as a model", responses=openai_responses(400, 401, 404))
def get_model(client_id: Annotated[ClientId, Depends(get_model_client)], clients: ClientsDep) -> schemas.Model:
    """Return the client of this name if the key may ask it."""
    return _model(model_record(clients, client_id))


@router.post(
    "/vector_stores/{client_id}/search",
    summary="Find passages, in OpenAI's shape",
    responses=openai_responses(400, 401, 404, 413, 429, 503),
)
async def search_vector_store(
    body: search_schemas.VectorSearchRequest,
    client_id: Annotated[ClientId, Depends(get_searched_client)],
    retriever: RetrieverDep,
    reranking: RerankingDep,
    work: WorkDep,
) -> search_schemas.VectorSearchPage:
    """Return the passages of the client that fit best, without asking a model. A client is a vector store here."""
    found = await work.search.run(client_id, partial(_found, retriever, client_id, body))
    pairs = zip(body.queries, found, strict=True)
    lists = await asyncio.gather(*(reranking.best(client_id, query, one) for query, one in pairs))
    threshold = body.ranking_options.score_threshold if body.ranking_options else None
    good = [passage for passage in _merged(lists) if threshold is None or passage.score >= threshold]
    return search_schemas.VectorSearchPage(
        search_query=body.queries, data=[as_search_result(passage) for passage in good[: body.max_num_results]]
    )


def _found(retriever: Retriever, client_id: ClientId, body: search_schemas.VectorSearchRequest) -> list[Found]:
    where = as_passage_filter(body.filters)
    return [retriever.find(client_id, query, top_k=body.max_num_results, where=where) for query in body.queries]


async def _chunks(request: Request, pieces: FirstPiece[StreamPiece], reply: Reply, *, usage: bool) -> Events:
    yield event(None, reply.chunk({"role": "assistant", "content": "", "refusal": None}, usage=usage))
    with capture_failure(request) as failure:
        async for piece in pieces:
            if isinstance(piece, Delta):
                yield event(None, reply.chunk({"content": piece.text}, usage=usage))
            elif isinstance(piece, Answer):
                for chunk in reply.last_chunks(piece, usage=usage):
                    yield event(None, chunk)
    yield event(None, openai_error(failure.problem) if failure.problem else "[DONE]")


def _model(record: ClientRecord) -> schemas.Model:
    return schemas.Model(id=record.client_id, created=int(record.created_at))


def _merged(lists: Sequence[Sequence[Passage]]) -> Sequence[Passage]:
    """Merge the results of several queries: the best of each, then the second best, each passage once."""
    if len(lists) == 1:
        return lists[0]
    merged: dict[str, Passage] = {}
    for rank in range(max(map(len, lists))):
        for passage in (found[rank] for found in lists if rank < len(found)):
            merged.setdefault(passage.chunk.id, passage)
    return list(merged.values())
