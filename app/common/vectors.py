"""The type of embeddings: rows of 32-bit floats, one for each text. Those of two models are never compared."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.common.errors import Conflict

Vectors = NDArray[np.float32]

_T = TypeVar("_T")
_ATTEMPTS = 3


class OtherModel(Conflict):
    """Vectors of one model met a collection of another's: make them again with `model`, which the collection has."""

    default_code = "embedding_model_changed"

    def __init__(self, model: str) -> None:
        super().__init__("These documents have just been embedded with another model; try again.")
        self.model = model


def with_model(model: str, work: Callable[[str], _T]) -> _T:
    """Return what `work` returns for the model; for the one that the collection has when that is another by now."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return work(model)
        except OtherModel as exc:
            model = exc.model
    return work(model)
