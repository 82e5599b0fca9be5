"""What puts passages into another order."""

from contextlib import ExitStack

from app.config import Settings
from app.services.llm.types import LanguageModel
from app.services.reranking.endpoint import EndpointReranker, RerankServer
from app.services.reranking.listwise import ModelReranker
from app.services.reranking.service import Reranking
from app.services.reranking.types import Reranker


def open_reranking(settings: Settings, stack: ExitStack, model: LanguageModel | None) -> Reranking:
    """Open the reranker that is wanted, if any; nothing is sent to it yet."""
    reranker = _open_reranker(settings, model)
    if reranker is not None:
        stack.callback(reranker.close)
    return Reranking(reranker)


def _open_reranker(settings: Settings, model: LanguageModel | None) -> Reranker | None:
    if settings.reranking == "off":
        return None
    if settings.reranking == "llm":
        assert model is not None, "the settings have made sure of it"
        return ModelReranker(model, name=settings.rerank_model, timeout=settings.rerank_timeout)
    assert settings.rerank_base_url is not None, "as above"
    key = settings.rerank_api_key.get_secret_value() if settings.rerank_api_key else ""
    return EndpointReranker(
        RerankServer(settings.rerank_base_url, settings.rerank_model, key), timeout=settings.rerank_timeout
    )
