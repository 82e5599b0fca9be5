"""Finding passages without a model."""

from fastapi import APIRouter, Request

from app.common.errors import InvalidInput
from app.common.filters import Comparison, Compound, PassageFilter, checked_filter
from app.dependencies import PrincipalDep, ServicesDep, SettingsDep, count_request
from app.problems import problem_responses
from app.routers.chat_shapes import as_found
from app.schemas.search import SearchFilters, SearchRequest, SearchResponse

router = APIRouter(prefix="/api/v1", tags=["Search"])


@router.post("/search", summary="Find passages", responses=problem_responses(401, 404, 413, 422, 429, 503))
def search(
    request: Request, body: SearchRequest, principal: PrincipalDep, services: ServicesDep, settings: SettingsDep
) -> SearchResponse:
    """Return the passages an answer would be made from, without asking a model.

    Only those that pass the `filters`, when there are any. Counts as a request of the client.
    """
    client_id = principal.client(body.client_id)
    count_request(request, services, client_id)
    require_length(body.query, "query", settings.max_message_chars)
    options = services.client_settings.options(client_id, top_k=body.top_k)
    found = services.retriever.retrieve(client_id, body.query, top_k=options.top_k, where=_where(body.filters))
    return SearchResponse(client_id=client_id, query=body.query, results=as_found(found))


def require_length(text: str, name: str, limit: int) -> None:
    """Raise InvalidInput when a question is longer than `limit` characters (setting MAX_MESSAGE_CHARS)."""
    if len(text) > limit:
        raise InvalidInput(f"{name} is longer than {limit} characters; make it shorter.", code="message_too_long")


def _where(filters: SearchFilters) -> PassageFilter | None:
    wanted = filters.model_dump(exclude_none=True)
    parts = [Comparison(field, "in" if isinstance(value, list) else "eq", value) for field, value in wanted.items()]
    return checked_filter(Compound("and", parts)) if parts else None
