"""A LangChain retriever over the service's search; it needs `langchain-core` and `httpx` and nothing of the service."""

import httpx
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import SecretStr
from typing_extensions import override


class ServiceRetriever(BaseRetriever):
    """Finds passages of one client's documents; metadata says where each is from.

    Raises httpx.HTTPStatusError when the service refuses, and httpx.TransportError when it is not reached.
    """

    base_url: str
    client_id: str | None = None  # a client's key says it already
    api_key: SecretStr = SecretStr("")
    top_k: int | None = None

    @override
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        key = self.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        body = {"query": query, "client_id": self.client_id, "top_k": self.top_k}
        answer = httpx.post(f"{self.base_url}/api/v1/search", json=body, headers=headers, timeout=60)
        passages = answer.raise_for_status().json()["results"]
        return [Document(passage.pop("content"), metadata=passage) for passage in passages]
