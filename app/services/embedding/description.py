"""What is known of embedding models besides their weights: how their cosines are to be read. Measured, see docs."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.services.embedding.source import MULTILINGUAL_MODEL

Cosine = TypeVar("Cosine", float, NDArray[np.float32])


@dataclass(frozen=True, slots=True)
class ModelScale:
    """How a model's cosines and the scores of words are weighed against each other.

    A cosine counts as (cosine - `zero`) * `unit`. `words` is the share of the words' score, which rises to
    `words_unfamiliar` as the share of the question's tokens that the model does not know as words goes from `familiar`
    to `unfamiliar`. `fall` is how much further than the last of the nearest all other parts are taken to be (cosine).
    `rare` is what a word counts that hardly any part has.
    A passage has to do with a question from `relevant` on: what its cosine counts, plus `shared` times the share of the
    question's words that it has. From `about` on, without words, a document is about a topic.
    """

    zero: float = 0.0
    unit: float = 1.0
    words: float = 0.25
    words_unfamiliar: float = 0.65
    familiar: float = 0.25
    unfamiliar: float = 0.45
    fall: float = 0.06
    rare: float = 0.12
    relevant: float = 0.3
    shared: float = 0.5
    about: float = 0.25

    def meaning(self, cosine: Cosine) -> Cosine:
        """Return what a cosine, or each of several, counts."""
        return (cosine - self.zero) * self.unit

    def share_of_words(self, unfamiliar: float) -> float:
        """Return the weight of words for a question of whose tokens the share `unfamiliar` is not known as words."""
        if self.unfamiliar <= self.familiar:
            return self.words
        rise = min(1.0, max(0.0, (unfamiliar - self.familiar) / (self.unfamiliar - self.familiar)))
        return self.words + (self.words_unfamiliar - self.words) * rise


DEFAULT_SCALE = ModelScale()
"""all-MiniLM-L6-v2's, and taken for models that nothing is known of."""

_KNOWN = {
    # Its cosines lie between 0.76 and 0.90, and it knows the words of a hundred languages.
    MULTILINGUAL_MODEL: ModelScale(
        zero=0.8,
        unit=4.0,
        words=0.35,
        words_unfamiliar=0.35,
        familiar=0.0,
        unfamiliar=0.0,
        fall=0.015,
        rare=0.05,
        # A question in another language than its documents has no word in common with them, and a lower cosine.
        relevant=0.0,
        about=0.0,
    ),
}


def scale_of(model: str) -> ModelScale:
    """Return the scale of the model called `model`."""
    return _KNOWN.get(model, DEFAULT_SCALE)
