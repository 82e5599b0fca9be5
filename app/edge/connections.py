"""How many connections there may be, in all and from one address, and who has to go when there are too many."""

import ipaddress
import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_WARNINGS = 60.0
_IPV6_NETWORK_BITS = 64


class Connection(Protocol):
    """One open connection."""

    address: str

    @property
    def may_be_closed(self) -> bool:
        """Whether little is lost by closing it: no request of it is being worked on, or none that gets ahead."""
        ...

    def give_way(self) -> None:
        """Close it at once."""
        ...


class Connections:
    """The connections of one server. Used on its event loop only, so it needs no lock.

    A newcomer beyond a limit takes the place of the connection that has been open longest among those that may be
    closed: whoever holds connections without using them cannot keep others out.
    """

    def __init__(self, *, limit: int, per_address: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`limit` is for all connections, `per_address` for those of one address (of one /64 network with IPv6)."""
        self._limit = limit
        self._per_address = per_address
        self._clock = clock
        self._open: dict[Connection, None] = {}
        self._by_address: dict[str, dict[Connection, None]] = {}
        self._warned = -_SECONDS_BETWEEN_WARNINGS

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, newcomer: Connection) -> bool:
        """Count the connection in, unless there are too many and none of them may be closed."""
        own = self._by_address.get(newcomer.address, {})
        if len(own) >= self._per_address:
            admitted = self._make_room(own)
        else:
            admitted = len(self._open) < self._limit or self._make_room(self._open)
        if admitted:
            self._open[newcomer] = None
            self._by_address.setdefault(newcomer.address, {})[newcomer] = None
        return admitted

    def leave(self, connection: Connection) -> None:
        """Forget the connection; it may be forgotten already."""
        self._open.pop(connection, None)
        own = self._by_address.get(connection.address, {})
        own.pop(connection, None)
        if not own:
            self._by_address.pop(connection.address, None)

    def _make_room(self, crowd: Iterable[Connection]) -> bool:
        self._warn()
        oldest = next((connection for connection in crowd if connection.may_be_closed), None)
        if oldest is None:
            return False
        self.leave(oldest)
        oldest.give_way()
        return True

    def _warn(self) -> None:
        now = self._clock()
        if now - self._warned >= _SECONDS_BETWEEN_WARNINGS:
            self._warned = now
            logger.warning("connections are at their limit", extra={"open": len(self._open)})


def address_of(peer: tuple[str, int] | None) -> str:
    """Return what stands for the caller's machine: its IPv4 address, or its IPv6 network; empty without a network."""
    if peer is None:
        return ""
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except ValueError:
        return peer[0]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK_BITS), strict=False))
