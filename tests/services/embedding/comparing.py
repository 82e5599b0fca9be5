"""What tests of embeddings share: texts, how near their vectors are, and what needs torch."""

import pytest

from app.common.vectors import Vectors

TEXTS = [
    "The harbour crane lifts forty tonnes.",
    "",
    "Zürich, naïve café;\n北京 — 3.14 €\r\n\tand a tab",
    "Refunds are paid within fourteen days of the return.",
    "A long text that runs past what the model reads. " * 30,
    "word",
]


def skip_without_torch() -> None:
    """Skip the test that calls it where requirements-slim.txt alone is installed."""
    pytest.importorskip("sentence_transformers", reason="needs torch")


def cosines(left: Vectors, right: Vectors) -> Vectors:
    found: Vectors = (left * right).sum(axis=-1)
    return found
