"""Which embedding model each client's vectors in PostgreSQL are of."""

from collections.abc import Mapping

from sqlalchemy import Connection
from typing_extensions import override

from app.common.ids import ClientId
from app.common.postgres.database import PostgresDatabase
from app.common.vectors import OtherModel
from app.services.library.postgres import statements as s
from app.services.library.stores import ClientModels


class PostgresModels(ClientModels):
    """The model in use, and the clients that have another one.

    What was last seen of those is remembered, so that a question costs no further look: where that is wrong, the
    search itself raises OtherModel with the right one.
    """

    def __init__(self, database: PostgresDatabase, current: str) -> None:
        self._db = database
        self.current = current
        self._seen: dict[ClientId, str] = {}

    @override
    def of_client(self, client_id: ClientId) -> str:
        return self._seen.get(client_id, self.current)

    @override
    def outdated(self) -> Mapping[ClientId, str]:
        with self._db.read(None) as connection:
            rows = connection.execute(s.OTHER_MODELS, {"model": self.current}).all()
        self._seen = {ClientId(row.client_id): row.model for row in rows}
        return self._seen

    def note(self, client_id: ClientId, model: str) -> None:
        """Remember which model the client's vectors are of."""
        self._seen[client_id] = model

    def require(self, connection: Connection, client_id: ClientId, model: str) -> None:
        """Raise OtherModel unless the client's vectors, as the transaction sees them, are of `model`."""
        known = connection.execute(s.MODEL, {"client": client_id}).scalar_one_or_none()
        if known not in (None, model):
            self.note(client_id, known)
            raise OtherModel(known)
