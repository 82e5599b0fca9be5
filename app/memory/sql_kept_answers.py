"""Kept answers in SQL: one row for each request that is to be done once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, or_, select, text, update
from typing_extensions import override

from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory.kept_answers import LEASE_SECONDS, Claim, KeptAnswer, KeptAnswerStore, key_reused, under_way
from app.memory.tables import kept_answers as kept

T = TypeVar("T")

NOBODY = ""
"""The client of what is about none, or nobody knows yet about whom; no client id is empty."""
BATCH = 1000
"""Rows that are deleted in one transaction."""

_CLAIM = text(
    "INSERT INTO kept_answers (name, client_id, fingerprint, holder, expires_at, size) "
    "VALUES (:name, :client, :fingerprint, :holder, :until, 0) ON CONFLICT (name) DO NOTHING"
)
_NAMED = kept.c.name == bindparam("named")
_FOUND = select(kept).where(_NAMED)
_LAPSED = delete(kept).where(_NAMED, kept.c.expires_at <= bindparam("now"))
_HELD = and_(_NAMED, kept.c.holder == bindparam("held_by"), kept.c.answer.is_(None))
_RENEW = update(kept).where(_HELD).values(expires_at=bindparam("until"))
_RELEASE = delete(kept).where(_HELD)
_KEEP = (
    update(kept)
    .where(_HELD)
    .values(
        client_id=bindparam("about"),
        answer=bindparam("sealed"),
        size=bindparam("bytes"),
        expires_at=bindparam("until"),
    )
)
_OF_CLIENT = and_(kept.c.client_id == bindparam("client"), kept.c.answer.is_not(None))
_COUNTED = select(func.count(), func.coalesce(func.sum(kept.c.size), 0)).where(_OF_CLIENT)
_LATEST_FIRST = kept.c.expires_at.desc()
_RANKED = (
    select(
        kept.c.name,
        func.row_number().over(order_by=_LATEST_FIRST).label("place"),
        func.sum(kept.c.size).over(order_by=_LATEST_FIRST).label("bytes"),
    )
    .where(_OF_CLIENT)
    .subquery()
)
_OLDEST = select(_RANKED.c.name).where(
    or_(_RANKED.c.place > bindparam("answers"), _RANKED.c.bytes > bindparam("most_bytes"))
)
_REMOVE_OLDEST = delete(kept).where(kept.c.name.in_(_OLDEST))


class Change(Protocol):
    """Runs work in a transaction that reaches an owner's rows, with None everybody's, and returns its result."""

    def __call__(self, owner: ClientId | None, work: Callable[[Connection], T], /, *, removing: bool = False) -> T:
        """A change that is `removing` something has room where others have none any more."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept for one client at most. When there is more, the oldest go, down to nine tenths of it."""

    answers: int = 10_000
    bytes: int = 64 << 20


class SqlKeptAnswers(KeptAnswerStore):
    """The KeptAnswerStore on the tables of a session store."""

    def __init__(
        self,
        change: Change,
        *,
        require: Callable[[Connection, ClientId, Standing], None],
        clock: Callable[[], float],
    ) -> None:
        """`require` raises, within a transaction, when the client was erased since work began, or may not go on."""
        self._change = change
        self._require = require
        self._clock = clock
        self.bounds = Bounds()

    @override
    def claim(self, claim: Claim) -> KeptAnswer | None:
        now = self._clock()
        row = {
            "name": claim.name,
            "client": claim.owner or NOBODY,
            "fingerprint": claim.fingerprint,
            "holder": claim.holder,
            "until": now + LEASE_SECONDS,
        }

        def work(connection: Connection) -> KeptAnswer | None:
            connection.execute(_LAPSED, {"named": claim.name, "now": now})
            if connection.execute(_CLAIM, row).rowcount:
                return None
            return _kept_for(connection, claim)

        return self._change(claim.owner, work)

    @override
    def renew(self, claim: Claim) -> None:
        held = {**_held(claim), "until": self._clock() + LEASE_SECONDS}
        self._change(claim.owner, lambda connection: connection.execute(_RENEW, held))

    @override
    def keep(self, claim: Claim, answer: KeptAnswer, *, seconds: float, standing: Standing) -> None:
        row = {
            **_held(claim),
            "about": answer.client_id or NOBODY,
            "sealed": answer.sealed,
            "bytes": len(answer.sealed),
            "until": self._clock() + seconds,
        }

        def work(connection: Connection) -> None:
            standing.require()
            if answer.client_id is not None:
                self._require(connection, answer.client_id, standing)
            connection.execute(_KEEP, row)
            self._make_room(connection, answer.client_id or NOBODY)

        self._change(claim.owner, work)

    @override
    def release(self, claim: Claim) -> None:
        self._change(claim.owner, lambda connection: connection.execute(_RELEASE, _held(claim)), removing=True)

    def release_all(self) -> None:
        """Give up all claims, where no other process can hold any: what was under way ended with its process."""
        self._remove(None, select(kept.c.name).where(kept.c.answer.is_(None)))

    def remove_expired(self, owner: ClientId | None = None) -> None:
        """Delete what has expired, of one client or of all."""
        expired = select(kept.c.name).where(kept.c.expires_at <= self._clock())
        self._remove(owner, expired if owner is None else expired.where(kept.c.client_id == owner))

    def remove_client(self, client_id: ClientId) -> None:
        """Delete all that is about a client."""
        self._remove(client_id, select(kept.c.name).where(kept.c.client_id == client_id))

    def _remove(self, owner: ClientId | None, chosen: Select[bytes]) -> None:
        batch = delete(kept).where(kept.c.name.in_(chosen.limit(BATCH)))
        while self._change(owner, lambda connection: connection.execute(batch).rowcount, removing=True) == BATCH:
            pass

    def _make_room(self, connection: Connection, client: str) -> None:
        most = self.bounds
        count, size = connection.execute(_COUNTED, {"client": client}).one()
        if count > most.answers or size > most.bytes:
            left = {"client": client, "answers": most.answers * 9 // 10, "most_bytes": most.bytes * 9 // 10}
            connection.execute(_REMOVE_OLDEST, left)


def _held(claim: Claim) -> dict[str, object]:
    return {"named": claim.name, "held_by": claim.holder}


def _kept_for(connection: Connection, claim: Claim) -> KeptAnswer:
    found = connection.execute(_FOUND, {"named": claim.name}).first()
    if found is None:  # given up in this very moment
        raise under_way()
    if found.fingerprint != claim.fingerprint:
        raise key_reused()
    if found.answer is None:
        raise under_way()
    return KeptAnswer(ClientId(found.client_id) if found.client_id != NOBODY else None, found.answer)
