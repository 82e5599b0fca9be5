"""OpenAI's API over the clients' documents: what speaks to OpenAI can ask here, with another base URL."""

import anyio.to_thread
from fastapi import APIRouter, Request

from app.common.errors import InvalidInput, NotFound
from app.common.filters import Comparison, Compound, PassageFilter, checked_filter
from app.common.ids import ClientId
from app.common.passages import Passage
from app.dependencies import Principal, PrincipalDep, ServicesDep, SettingsDep, count_request, note_client
from app.problems import openai_error, openai_responses
from app.routers.openai_shapes import Conversation, Reply, as_search_result, read_conversation
from app.routers.search import require_length
from app.routers.streams import Begun, Events, EventStream, event, noting_failure
from app.schemas import openai as shapes
from app.service import Services
from app.services.catalog.records import ClientRecord
from app.services.rag_chain import Answer, ChatQuestion, Delta, Prepared

router = APIRouter(prefix="/v1", tags=["OpenAI"])

OWN_CLIENT = "default"
"""The model that means the client of the key."""

_STREAM = {"description": "The answer; with `stream`, server-sent events.", "content": {"text/event-stream": {}}}


@router.post(
    "/chat/completions",
    summary="Chat completion",
    response_model=shapes.Completion,
    responses={200: _STREAM, **openai_responses(400, 401, 404, 413, 429, 502, 503, 504)},
)
async def create_completion(
    request: Request,
    body: shapes.CompletionRequest,
    principal: PrincipalDep,
    services: ServicesDep,
    settings: SettingsDep,
) -> shapes.Completion | EventStream:
    """Answer the last user message from the client's documents. Nothing is read from or stored in a session.

    The earlier messages are the conversation; system messages are followed after the service's own rules. The answer's
    `annotations` are its citations, and `sources` holds the passages.
    """
    client_id = _client(principal, body.model)
    count_request(request, services, client_id)
    talk = read_conversation(body.messages, max_tokens=settings.max_token_limit)
    require_length(talk.question, "The last message", settings.max_message_chars)
    prepared = await anyio.to_thread.run_sync(_prepare, services, client_id, body, talk)
    reply = Reply.begin(client_id, str(request.base_url), talk.tokens)
    if not body.stream:
        return reply.completion(await anyio.to_thread.run_sync(services.rag.answer, prepared))
    begun = await Begun.wait(services.rag.stream(prepared))
    usage = bool(body.stream_options and body.stream_options.include_usage)
    return EventStream(_chunks(request, begun, reply, usage=usage), source=begun)


@router.get("/models", summary="The clients, as models", responses=openai_responses(401))
def list_models(principal: PrincipalDep, services: ServicesDep) -> shapes.ModelList:
    """Return a model for each client that the key may ask."""
    own = principal.own_client
    records = services.clients.all() if own is None else [services.clients.get(own)]
    return shapes.ModelList(data=[_model(record) for record in records])


@router.get("/models/{model}", summary="One client, as a model", responses=openai_responses(400, 401, 404))
def get_model(request: Request, model: str, principal: PrincipalDep, services: ServicesDep) -> shapes.Model:
    """Return the client of this name if the key may ask it."""
    client_id = _client(principal, model)
    note_client(request, client_id)
    try:
        return _model(services.clients.get(client_id))
    except NotFound as exc:
        raise _no_such_model() from exc


@router.post(
    "/vector_stores/{client_id}/search",
    summary="Find passages, in OpenAI's shape",
    responses=openai_responses(400, 401, 404, 413, 429, 503),
)
def search_vector_store(
    request: Request,
    client_id: str,
    body: shapes.VectorSearchRequest,
    principal: PrincipalDep,
    services: ServicesDep,
    settings: SettingsDep,
) -> shapes.VectorSearchPage:
    """Return the passages of the client that fit best, without asking a model. A client is a vector store here."""
    owner = principal.client(client_id)
    count_request(request, services, owner)
    queries = [body.query] if isinstance(body.query, str) else body.query
    where = checked_filter(_filter(body.filters)) if body.filters else None
    lists = []
    for query in queries:
        require_length(query, "query", settings.max_message_chars)
        lists.append(services.retriever.retrieve(owner, query, top_k=body.max_num_results, where=where))
    least = body.ranking_options.score_threshold if body.ranking_options else None
    found = [passage for passage in _merged(lists) if least is None or passage.score >= least]
    return shapes.VectorSearchPage(
        search_query=queries, data=[as_search_result(passage) for passage in found[: body.max_num_results]]
    )


def _prepare(services: Services, client_id: ClientId, body: shapes.CompletionRequest, talk: Conversation) -> Prepared:
    options = services.client_settings.options(
        client_id, top_k=body.top_k, temperature=body.temperature, instructions=talk.instructions
    )
    return services.rag.prepare(
        ChatQuestion(client_id=client_id, text=talk.question, options=options, history=talk.history)
    )


async def _chunks(request: Request, pieces: Begun[Delta | Answer], reply: Reply, *, usage: bool) -> Events:
    yield event(None, reply.chunk({"role": "assistant", "content": "", "refusal": None}, usage=usage))
    with noting_failure(request) as failure:
        async for piece in pieces:
            if isinstance(piece, Delta):
                yield event(None, reply.chunk({"content": piece.text}, usage=usage))
                continue
            for chunk in reply.last_chunks(piece, usage=usage):
                yield event(None, chunk)
    yield event(None, openai_error(failure.problem) if failure.problem else "[DONE]")


def _client(principal: Principal, model: str) -> ClientId:
    """Return the client that a model stands for; raises NotFound when there is none or it is not the caller's."""
    if model == OWN_CLIENT and principal.own_client is not None:
        return principal.own_client
    try:
        return principal.client(model)
    except (NotFound, InvalidInput) as exc:
        raise _no_such_model() from exc


def _no_such_model() -> NotFound:
    return NotFound("There is no such model: its name is a client's id; see /v1/models.", code="model_not_found")


def _model(record: ClientRecord) -> shapes.Model:
    return shapes.Model(id=record.client_id, created=int(record.created_at))


def _filter(wanted: shapes.Filter) -> PassageFilter:
    if isinstance(wanted, shapes.ComparisonFilter):
        return Comparison(wanted.key, wanted.type, wanted.value)
    return Compound(wanted.type, [_filter(part) for part in wanted.filters])


def _merged(lists: list[list[Passage]]) -> list[Passage]:
    """Merge the results of several queries: the best of each, then the second best, each passage once."""
    if len(lists) == 1:
        return lists[0]
    merged: dict[str, Passage] = {}
    for rank in range(max(map(len, lists))):
        for passage in (found[rank] for found in lists if rank < len(found)):
            merged.setdefault(passage.chunk.id, passage)
    return list(merged.values())
