"""Embeddings in OpenAI's shape: the vectors that the service itself searches with."""

import base64
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.common.errors import InvalidInput, NotFound
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.dependencies.callers import CallerDep
from app.dependencies.presence import Presence, while_there
from app.dependencies.questions import require_length
from app.dependencies.services import EmbedderDep, SettingsDep, WorkDep
from app.memory.tokens import estimate_tokens
from app.openai.embedding_schemas import Embedding, EmbeddingList, EmbeddingRequest, EmbeddingUsage
from app.openai.errors import PREFIX, openai_responses
from app.openai.owners import OWN_CLIENT, ProjectClientDep
from app.services.embedding.types import Embedder

router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["OpenAI"])

FEW = 8
"""So many texts are embedded as quickly as a question; more of them as an upload, in turns with the others'."""


async def get_embedding_client(
    body: EmbeddingRequest, caller: CallerDep, owner: ProjectClientDep, embedder: EmbedderDep, settings: SettingsDep
) -> AsyncIterator[ClientId]:
    """Check and count a request for embeddings; yields the client in whose turn they are made."""
    with caller.at_work(owner, "embedding"):
        _require_model(body, embedder)
        for number, text in enumerate(body.input):
            require_length(text, f"input[{number}]", settings)
        yield owner


@router.post(
    "/embeddings",
    summary="Embeddings",
    response_model=EmbeddingList,
    responses=openai_responses(400, 401, 404, 413, 429, 503),
)
async def create_embeddings(
    request: Request,
    body: EmbeddingRequest,
    owner: Annotated[ClientId, Depends(get_embedding_client)],
    embedder: EmbedderDep,
    work: WorkDep,
) -> Response:
    """Return a vector of unit length for each text, made by the service's embedding model. Nothing is stored.

    A model may see questions and documents differently: `input_type` says which of them the texts are.
    """
    threads = work.search if len(body.input) <= FEW else work.ingest
    async with while_there(request) as presence:
        written = await threads.run(owner, partial(_written, embedder, body, owner, presence))
    return Response(written, media_type="application/json")


def _written(embedder: Embedder, body: EmbeddingRequest, owner: ClientId, presence: Presence) -> bytes:
    """Return the answer as JSON, written vector by vector: 2048 at once would stop the event loop for a second."""
    vectors = _embed(embedder, body, owner, presence)
    tokens = sum(map(estimate_tokens, body.input))
    rest = EmbeddingList(data=[], model=embedder.name, usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens))
    each = ",".join(
        Embedding(
            index=index, embedding=_base64(row) if body.encoding_format == "base64" else row.tolist()
        ).model_dump_json()
        for index, row in enumerate(vectors)
    )
    ending = rest.model_dump_json(exclude={"data"}).removeprefix("{")
    return f'{{"data":[{each}],{ending}'.encode()


def _embed(embedder: Embedder, body: EmbeddingRequest, owner: ClientId, presence: Presence) -> Vectors:
    if body.input_type == "query":
        return np.stack([_question(embedder, text, owner, presence) for text in body.input])
    return embedder.embed_texts(body.input, lambda _: presence.require(), owner=owner, urgent=len(body.input) <= FEW)


def _question(embedder: Embedder, text: str, owner: ClientId, presence: Presence) -> Vectors:
    presence.require()
    return embedder.embed_question(text, owner=owner).reshape(-1)


def _base64(row: Vectors) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode()


def _require_model(body: EmbeddingRequest, embedder: Embedder) -> None:
    if body.model not in _names(embedder.name):
        raise NotFound(
            f"There is no such embedding model: the service's own is {embedder.name}; 'default' means it too.",
            code="model_not_found",
        )
    if body.dimensions not in (None, embedder.dimension):
        raise InvalidInput(
            f"dimensions: this model's vectors have {embedder.dimension} of them; leave it out.",
            code="unsupported_parameter",
        )


def _names(name: str) -> Sequence[str]:
    return (OWN_CLIENT, name, name.rpartition("/")[2])
