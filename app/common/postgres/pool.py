"""How many connections a process has to a database, and how long anything may wait."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections are kept, and how long anything may wait, in seconds."""

    connections: int = 16
    connect: float = 5
    connection_wait: float = 10
    lock: float = 10
    statement: float = 30


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The connections at this moment: open ones, and those that are in use."""

    open: int
    in_use: int
