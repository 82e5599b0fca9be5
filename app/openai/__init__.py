"""OpenAI's API over the clients' documents: what speaks to OpenAI can ask here, with another base URL.

A dialect of the service's own API: its routes read it and ask the same services, the schemas and shapes are its words,
`errors.py` is its way of saying no. Nothing outside knows of it but `main`, which includes it.
"""

from fastapi import APIRouter

from app.openai import embeddings, files, responses, routes, stores
from app.openai.errors import PREFIX, OpenAIErrorResponse, OpenAIErrors, openai_responses

__all__ = ["PREFIX", "OpenAIErrorResponse", "OpenAIErrors", "openai_responses", "router"]

router = APIRouter()
for _part in (routes, responses, embeddings, files, stores):
    router.include_router(_part.router)
