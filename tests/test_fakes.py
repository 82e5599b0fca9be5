"""The stand-ins do what they stand in for."""

import numpy as np

from tests.fakes import HashEmbeddings
from tests.services.embedding.comparing import TEXTS


def test_the_stand_in_finds_texts_that_share_words() -> None:
    fake = HashEmbeddings()
    crane, refund = fake.embed_texts(["The crane lifts forty tonnes.", "Refunds take fourteen days."])
    question = fake.embed_question("How many tonnes does the crane lift?")
    assert question @ crane > question @ refund
    np.testing.assert_allclose(np.linalg.norm(fake.embed_texts(TEXTS), axis=1), 1, atol=1e-5)
