"""One request that is done once: its claim while it is worked on, and its answer from then on."""

import asyncio
import json
import logging
import secrets
import zlib
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import anyio

from app.common.errors import AppError, Conflict, database_damaged
from app.common.ids import ClientId
from app.common.lives import Standing
from app.common.sealing import derived, seal, unseal
from app.common.work import Threads
from app.memory.kept_answers import RENEW_SECONDS, Claim, KeptAnswer, KeptAnswerStore

logger = logging.getLogger(__name__)

T = TypeVar("T")

_QUICKLY = 1
"""The level of compression: most of what can be saved, at a tenth of the time."""


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """An answer as it was sent, and the client that it is about, if it is about one."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    client_id: ClientId | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where answers are kept, in which threads that is done, and for how many seconds."""

    store: KeptAnswerStore
    threads: Threads
    seconds: float


class Doing:
    """A request with a secret of its own, from which its claim's name and the key to its answer are made."""

    def __init__(self, keeping: Keeping, secret: str, place: tuple[str, ...], owner: ClientId | None) -> None:
        """`place` is what else makes it this request: whose it is, and the route."""
        self._keeping = keeping
        self._secret = secret.encode()
        self._place = tuple(part.encode() for part in place)
        self._claim = Claim(self._derived("name"), b"", owner, secrets.token_hex(16))
        # Whoever is bound to no client waits in no client's name: there are only as many as there are connections.
        self._turn = owner or f"(once) {self._claim.holder}"
        self._renewing: asyncio.Task[None] | None = None

    async def begin(self, asked: bytes) -> WholeAnswer | None:
        """Claim the request, whose query and body are `asked`; or return the answer that there is already.

        Raises what KeptAnswerStore.claim and Threads.run raise.
        """
        self._claim = replace(self._claim, fingerprint=self._derived("asked", asked))
        async with AsyncExitStack() as failure:
            # The claim may be held all the same: who waited for it was called off, or got no answer.
            failure.push_async_callback(self.give_up)
            try:
                kept = await self._run(partial(self._keeping.store.claim, self._claim))
            except Conflict:
                failure.pop_all()
                raise
            failure.pop_all()
        if kept is not None:
            return self._opened(kept)
        self._renewing = asyncio.create_task(self._renew())
        return None

    @property
    def held(self) -> bool:
        """Whether the claim is held, as far as is known here."""
        return self._renewing is not None

    async def keep(self, answer: WholeAnswer, standing: Standing) -> None:
        """Keep the answer, or give the claim up when that cannot be done: the caller gets its answer in any case."""

        def work() -> None:
            sealed = seal(self._derived("seal"), _packed(answer))
            kept = KeptAnswer(answer.client_id, sealed)
            self._keeping.store.keep(self._claim, kept, seconds=self._keeping.seconds, standing=standing)

        self._end_renewing()
        with anyio.CancelScope(shield=True):
            try:
                await self._run(work)
            except AppError as exc:
                logger.warning("answer not kept", extra={"client": answer.client_id or "-", "code": exc.code})
                await self.give_up()

    async def give_up(self) -> None:
        """Let whoever sends the request again have it done. If that cannot be stored, the claim ends by itself."""
        self._end_renewing()
        with anyio.CancelScope(shield=True), suppress(AppError):
            await self._run(partial(self._keeping.store.release, self._claim))

    async def _renew(self) -> None:
        while True:
            await anyio.sleep(RENEW_SECONDS)
            with suppress(AppError):
                await self._run(partial(self._keeping.store.renew, self._claim))

    def _end_renewing(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    def _opened(self, kept: KeptAnswer) -> WholeAnswer:
        packed = unseal(self._derived("seal"), kept.sealed)
        if packed is None:
            raise database_damaged()
        return _unpacked(packed, kept.client_id)

    def _derived(self, purpose: str, *more: bytes) -> bytes:
        return derived(self._secret, purpose.encode(), *self._place, *more)

    async def _run(self, call: Callable[[], T]) -> T:
        return await self._keeping.threads.run(self._turn, call)


def _packed(answer: WholeAnswer) -> bytes:
    head = json.dumps({"status": answer.status, "headers": answer.headers}).encode()
    return zlib.compress(head + b"\n" + answer.body, _QUICKLY)


def _unpacked(packed: bytes, client_id: ClientId | None) -> WholeAnswer:
    first, _, body = zlib.decompress(packed).partition(b"\n")
    head = json.loads(first)
    return WholeAnswer(head["status"], tuple((name, value) for name, value in head["headers"]), body, client_id)
