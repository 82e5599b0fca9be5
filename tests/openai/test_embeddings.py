"""Embeddings, used by OpenAI's own Python package over real HTTP."""

from typing import Any

import numpy as np
import openai
import pytest

from tests.fakes import HashEmbeddings
from tests.openai.service import Service, refused


def _vectors(quoting: Service, given: Any, **more: Any) -> Any:
    answer = quoting.openai.embeddings.create(model=more.pop("model", "default"), input=given, **more)
    assert (answer.object, answer.model) == ("list", "hash")
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0
    assert [one.index for one in answer.data] == list(range(len(answer.data)))
    return np.array([one.embedding for one in answer.data])


@pytest.mark.parametrize("count", [1, 2, 50])
def test_texts_become_the_services_own_vectors(quoting: Service, count: int) -> None:
    texts = [f"Text number {n} about cranes." for n in range(count)]
    expected = HashEmbeddings().embed_texts(texts)
    assert np.allclose(_vectors(quoting, texts), expected)  # the package asks for base64 by itself
    assert np.allclose(_vectors(quoting, texts, encoding_format="float", model="hash"), expected)
    assert np.allclose(_vectors(quoting, texts, extra_body={"input_type": "query"}), expected)
    assert np.allclose(_vectors(quoting, texts[0], dimensions=64, user="u-1"), expected[:1])


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"input": [1, 2, 3]}, "unsupported_parameter", "input"),
        ({"input": [[1], [2]]}, "unsupported_parameter", "input"),
        ({"input": []}, "invalid_input", "input"),
        ({"input": "x" * 8001}, "message_too_long", None),
        ({"input": ["x"] * 2049}, "invalid_input", "input"),
        ({"dimensions": 8}, "unsupported_parameter", None),
        ({"extra_body": {"truncate": True}}, "invalid_input", "truncate"),
    ],
)
def test_what_cannot_be_embedded_is_refused(
    quoting: Service, change: dict[str, Any], code: str, param: str | None
) -> None:
    wanted: dict[str, Any] = {"model": "default", "input": "A text.", **change}
    with pytest.raises(openai.BadRequestError) as caught:
        quoting.openai.embeddings.create(**wanted)
    assert caught.value.code == code
    assert param is None or str(caught.value.param).startswith(param)


def test_another_model_is_not_found(quoting: Service) -> None:
    call = quoting.openai.embeddings.create
    error = refused(
        openai.NotFoundError, lambda: call(model="text-embedding-3-small", input="A text."), "model_not_found"
    )
    assert "hash" in error.message


def test_nothing_is_made_of_the_client(quoting: Service) -> None:
    quoting.client("any", project="nobody-yet").embeddings.create(model="default", input="A text.")
    assert quoting.http.get("/api/v1/clients/nobody-yet").status_code == 404
