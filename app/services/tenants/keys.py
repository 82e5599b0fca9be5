"""Keys of clients: made, shown once, kept as hashes, checked, revoked."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from app.common.errors import NotAuthenticated
from app.common.ids import ClientId
from app.common.lives import Lives, Standing, erased_meanwhile
from app.common.sql import SqlDatabase
from app.services.catalog.schema import api_keys

PREFIX = "crag"
SECRET_BYTES = 32
LAST_USE_GRANULARITY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key after it was shown; times are seconds since the epoch."""

    key_id: str
    client_id: ClientId
    label: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None


class ApiKeyStore:
    """Keys in the catalog's database. A key reads `crag_<key id>_<256 random bits>`; only its SHA-256 is stored.

    A plain hash is enough: the secret part is random and cannot be guessed from it, unlike a password.
    """

    def __init__(
        self, database: SqlDatabase, *, lives: Lives | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._db = database
        self._lives = lives or Lives(erased_meanwhile)
        self._clock = clock

    def require_standing(self, client_id: ClientId, standing: Standing) -> None:
        """Raise Conflict when the client was erased since that began, and what it raises itself."""
        self._lives.require(client_id, standing)

    def create(
        self,
        client_id: ClientId,
        *,
        label: str = "",
        expires_at: float | None = None,
        standing: Standing | None = None,
    ) -> tuple[str, ApiKey]:
        """Make a key for an existing client; return it, for the one and only time, and its record.

        Raises what `require_standing` raises.
        """
        begun = standing or Standing()
        record = ApiKey(secrets.token_hex(8), client_id, label, self._clock(), expires_at, None)
        key = f"{PREFIX}_{record.key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        with self._db.write(client_id) as connection:
            self.require_standing(client_id, begun)
            connection.execute(
                insert(api_keys).values(
                    key_id=record.key_id,
                    client_id=client_id,
                    hash=_hash(key),
                    label=label,
                    created_at=record.created_at,
                    expires_at=expires_at,
                )
            )
        return key, record

    def end_of(self, expires_in: float | None) -> float | None:
        """Return when a key ends that is made now for so many seconds; None for one that does not."""
        return None if expires_in is None else self._clock() + expires_in

    def authenticate(self, key: str) -> ClientId | None:
        """Return whose key this is, or None when it is not known, revoked or expired; notes the use if it can."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not secret:
            return None
        with self._db.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.key_id == key_id)).first()
        now = self._clock()
        if row is None or not hmac.compare_digest(row.hash, _hash(key)):
            return None
        if row.expires_at is not None and row.expires_at <= now:
            return None
        if row.last_used_at is None or row.last_used_at + LAST_USE_GRANULARITY_SECONDS <= now:
            self._note_use(key_id, now)
        return ClientId(row.client_id)

    def require(self, key_id: str) -> None:
        """Raise NotAuthenticated when the key was revoked or has expired. Records nothing."""
        with self._db.read() as connection:
            row = connection.execute(select(api_keys.c.expires_at).where(api_keys.c.key_id == key_id)).first()
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock()):
            raise key_not_known()

    def list(self, client_id: ClientId) -> list[ApiKey]:
        """Return the client's keys, oldest first, expired ones included."""
        query = select(api_keys).where(api_keys.c.client_id == client_id).order_by(api_keys.c.created_at)
        with self._db.read(client_id) as connection:
            return [
                ApiKey(row.key_id, client_id, row.label, row.created_at, row.expires_at, row.last_used_at)
                for row in connection.execute(query)
            ]

    def revoke(self, client_id: ClientId, key_id: str) -> bool:
        """Remove one key of the client at once; False when the client has no such key."""
        with self._db.write(client_id, removing=True) as connection:
            mine = (api_keys.c.client_id == client_id) & (api_keys.c.key_id == key_id)
            return connection.execute(delete(api_keys).where(mine)).rowcount > 0

    def revoke_all(self, client_id: ClientId) -> int:
        """Remove all keys of the client; return how many there were."""
        with self._db.write(client_id, removing=True) as connection:
            return connection.execute(delete(api_keys).where(api_keys.c.client_id == client_id)).rowcount

    def _note_use(self, key_id: str, now: float) -> None:
        # A commit costs a disk flush: once a minute and key is enough to tell a key in use from a forgotten one. And
        # no request fails or waits for it: what is not noted now is noted at a later use.
        self._db.note(
            lambda connection: connection.execute(
                update(api_keys).where(api_keys.c.key_id == key_id).values(last_used_at=now)
            )
        )


def id_of(key: str) -> str:
    """Return the id of a key that is known."""
    return key.split("_", 2)[1]


def key_not_known() -> NotAuthenticated:
    """Return the answer to a key that is no good, or is not any more."""
    return NotAuthenticated("This key is not known; it may have been revoked or have expired.")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
