"""Find passages without a model."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends

from app.common.ids import ClientId
from app.common.passages import Found
from app.dependencies.callers import CallerDep
from app.dependencies.questions import require_length
from app.dependencies.services import ClientSettingsDep, GateDep, RerankingDep, RetrieverDep, SettingsDep, WorkDep
from app.problems import problem_responses
from app.schemas.search import SearchRequest, SearchResponse
from app.services.retriever import Retriever
from app.services.tenants.settings import ClientSettingsStore
from app.shapes.filters import passage_filter
from app.shapes.search import as_search_response, explained

router = APIRouter(prefix="/api/v1", tags=["Search"])


async def get_searching_client(
    body: SearchRequest, caller: CallerDep, settings: SettingsDep
) -> AsyncIterator[ClientId]:
    """Check and count a search; yields the client it is about."""
    with caller.at_work(caller.client(body.client_id), "search") as client_id:
        require_length(body.query, "query", settings)
        yield client_id


@router.post("/search", summary="Find passages", responses=problem_responses(401, 404, 413, 422, 429, 503))
async def search(
    body: SearchRequest,
    client_id: Annotated[ClientId, Depends(get_searching_client)],
    *,
    retriever: RetrieverDep,
    reranking: RerankingDep,
    settings: ClientSettingsDep,
    gate: GateDep,
    work: WorkDep,
) -> SearchResponse:
    """Return the passages an answer would be made from, without asking a model.

    Only those that pass the `filters`, when there are any. With `explain`, each with what its score is made of. Counts
    as a request of the client.
    """
    found = await work.search.run(client_id, partial(_found, retriever, settings, client_id, body))
    passages = await reranking.best(client_id, body.query, found)
    if not body.explain:
        return as_search_response(client_id, body.query, passages)
    # The gate looks at what was found, as in a chat: no reranker makes it pass.
    return await work.search.run(
        client_id, partial(explained, client_id, body.query, passages, gate(client_id), found.passages)
    )


def _found(retriever: Retriever, settings: ClientSettingsStore, client_id: ClientId, body: SearchRequest) -> Found:
    options = settings.options(client_id, top_k=body.top_k, context_tokens=body.context_tokens)
    return retriever.find(
        client_id,
        body.query,
        top_k=options.top_k,
        context_tokens=options.context_tokens,
        where=passage_filter(body.filters),
    )
