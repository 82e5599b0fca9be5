"""Whether the settings of a reranker fit together."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

_EXAMPLE = "for example http://127.0.0.1:7997"


@dataclass(frozen=True, slots=True)
class RerankChoice:
    """What the operator has chosen: `mode` None is nothing yet; which of the other settings are there."""

    mode: Literal["off", "endpoint", "llm"] | None
    base_url: str | None
    names_model: bool
    has_key: bool
    has_language_model: bool

    def contradiction(self) -> str | None:
        """Return a sentence that says what does not fit, and what to do; None when all is well."""
        without_server = self.base_url is None
        if self.mode == "endpoint" and without_server:
            return f"RERANK_BASE_URL must be set when RERANK=endpoint, {_EXAMPLE}."
        if self.mode == "llm" and not (without_server and not self.has_key):
            return "RERANK=llm contradicts RERANK_BASE_URL and RERANK_API_KEY: set RERANK=endpoint, or take them out."
        if self.mode == "llm" and not self.has_language_model:
            return (
                "RERANK=llm needs a language model: set GROQ_API_KEY, or LLM_PROVIDER and LLM_BASE_URL, or RERANK=off."
            )
        if self.mode is None and without_server and (self.names_model or self.has_key):
            return f"RERANK_MODEL and RERANK_API_KEY need RERANK_BASE_URL, {_EXAMPLE}, or RERANK=llm."
        return None if self.base_url is None else _address_fault(self.base_url)


def _address_fault(base_url: str) -> str | None:
    try:
        address = urlsplit(base_url)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        return f"RERANK_BASE_URL must be an address with http:// or https://, {_EXAMPLE}."
    if address.username or address.password or address.query or address.fragment:
        return "RERANK_BASE_URL must be a plain address; what opens the server goes into RERANK_API_KEY."
    return None
