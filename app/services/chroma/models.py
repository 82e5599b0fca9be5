"""Which embedding model the vectors of each collection are of."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.common.ids import ClientId
from app.common.vectors import OtherModel
from app.services.chroma.clients import client_of, collection_name
from app.services.chroma.sql import SegmentFacts

_FIELD = "embedding_model"


def metadata_for(model: str) -> dict[str, Any]:
    """Return what a collection with vectors of the model carries."""
    return {_FIELD: model}


def model_in(metadata: Mapping[str, Any] | None) -> str:
    """Return the model that a collection's metadata names; empty when it names none."""
    return str((metadata or {}).get(_FIELD, ""))


class Models:
    """The model in use, and the collections that have another one. Changes need the collection's lock."""

    def __init__(self, current: str, known: Iterable[SegmentFacts]) -> None:
        """`known` are the collections that were there at the start: those that are made later have `current`."""
        self.current = current
        self._others = {facts.collection: facts.model for facts in known if facts.model != current}

    def of(self, name: str) -> str:
        """Return the model of a collection; of one that is not there, the one it would have."""
        return self._others.get(name, self.current)

    def require(self, name: str, model: str | None) -> None:
        """Raise OtherModel unless vectors of `model` (None: the model in use) may go into the collection."""
        if (model or self.current) != self.of(name):
            raise OtherModel(self.of(name))

    def of_client(self, client_id: ClientId) -> str:
        """Return the model that the client's vectors are of, or would be."""
        return self.of(collection_name(client_id))

    def outdated(self) -> dict[ClientId, str]:
        """Return the clients with vectors of another model than the one in use, with that model."""
        return {client_of(name): model for name, model in self._others.copy().items()}

    def forget(self, name: str) -> None:
        """The collection was deleted, or has vectors of the model in use now."""
        self._others.pop(name, None)
