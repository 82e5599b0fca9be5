"""OpenAI's vector stores: a client is one, and its documents are the files in it."""

from fastapi import APIRouter

from app.openai.errors import PREFIX
from app.openai.stores import batches, files, routes

__all__ = ["router"]

router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["OpenAI"])
for _part in (routes, files, batches):
    router.include_router(_part.router)
