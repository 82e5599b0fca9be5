"""What rerankers answer, read strictly: one entry that makes no sense, and none of them counts."""

import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BaseModel, Field, TypeAdapter

from app.services.reranking.types import RerankFailed

_OBJECT = re.compile(r"\{[^{}]*\}")


class _Entry(BaseModel):
    """A passage's score, as vLLM, Infinity and others name it, or as Text Embeddings Inference does."""

    index: int = Field(strict=True, ge=0)
    score: float = Field(strict=True, allow_inf_nan=False, validation_alias=AliasChoices("relevance_score", "score"))


_Entries = Annotated[list[_Entry], Field(min_length=1)]


class _Wrapped(BaseModel):
    """The usual answer; Voyage calls the results data."""

    results: _Entries = Field(validation_alias=AliasChoices("results", "data"))


_ANSWER: TypeAdapter[_Wrapped | list[_Entry]] = TypeAdapter(_Wrapped | _Entries)


class _Order(BaseModel):
    """A language model's answer."""

    best: list[Annotated[int, Field(strict=True, ge=1)]] = Field(min_length=1)


def read_scores(body: bytes, count: int) -> Mapping[int, float]:
    """Return the scores of some or all of `count` texts by their places. Raises RerankFailed (bad_answer)."""
    try:
        answer = _ANSWER.validate_json(body)
    except ValueError as exc:
        raise RerankFailed("bad_answer") from exc
    entries = answer.results if isinstance(answer, _Wrapped) else answer
    scores = {entry.index: entry.score for entry in entries}
    if len(scores) < len(entries) or max(scores) >= count:
        raise RerankFailed("bad_answer")
    return scores


def read_order(text: str, count: int) -> Mapping[int, float]:
    """Return scores, from 1 downwards, of the passages that a model's JSON names, the best first.

    The last object in the text counts, as some models think aloud before. Raises RerankFailed (bad_answer).
    """
    objects = _OBJECT.findall(text)
    try:
        order = _Order.model_validate(json.loads(objects[-1]) if objects else {}).best
    except (ValueError, RecursionError) as exc:
        raise RerankFailed("bad_answer") from exc
    if len(set(order)) < len(order) or max(order) > count:
        raise RerankFailed("bad_answer")
    return {number - 1: 1 - rank / count for rank, number in enumerate(order)}
