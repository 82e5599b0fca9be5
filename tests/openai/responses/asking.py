"""How tests of responses ask."""

from typing import Any

from tests.openai.service import QUESTION, Service

SEARCH = {"type": "file_search", "vector_store_ids": ["harbour"]}


def respond(service: Service, given: Any = QUESTION, **more: Any) -> Any:
    return service.openai.responses.create(model=more.pop("model", "harbour"), input=given, **more)
