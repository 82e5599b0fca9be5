"""Locks with a place in one order, which tests check.

A thread that holds a lock takes only locks of a higher `Rank`. So no two threads ever wait for each other's, whoever
calls whom. A thread that runs an event loop takes none but those of rank LEAF, or all its requests would wait. The
check costs something and is off unless `order_checked` turns it on, as the tests do.
"""

import asyncio
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn


class Rank(IntEnum):
    """What a lock guards, in the order in which one thread may take them; at most one of a rank at a time."""

    UPKEEP = 1
    """The compaction or the repair that runs; minutes."""
    ADMISSION = 2
    """Room in the queue of jobs, from the look to the entry."""
    CONTENT = 3
    """One file's bytes for one client, from the look for a duplicate to the acknowledgement; minutes."""
    READER = 4
    """The process that reads one file; up to the time limit of a file."""
    CLIENT = 5
    """The documents of one client, while one of them is written or removed."""
    COLLECTION = 6
    """One client's collection and index files."""
    CHROMA = 7
    """Chroma's database: one write at a time, all clients."""
    USAGE = 8
    """What was counted of clients' usage, while it is written."""
    DATABASE = 9
    """One of our own databases: one transaction that writes at a time."""
    DISK = 10
    """The reserves on the disks, and the try whether they can be written to."""
    LEAF = 11
    """A few fields in memory: nothing else is taken, waited for or called while it is held."""


class WrongOrder(AssertionError):
    """A lock was about to be taken out of order, or on an event loop."""


class RankedLock:
    """A lock that is not reentrant, with its place in the order."""

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Wait for the lock and take it. Raises WrongOrder within `order_checked`."""
        if _watches:
            _check(self._rank)
        self._lock.acquire()
        if _watches:
            _held().append(self._rank)

    def __exit__(self, *_: object) -> None:
        """Release it."""
        self._lock.release()
        if _watches and self._rank in _held():
            _held().remove(self._rank)

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Hold the lock for the block if nobody has it; yields whether it is held. Never waits."""
        taken = self._lock.acquire(blocking=False)
        if taken and _watches:
            _held().append(self._rank)
        try:
            yield taken
        finally:
            if taken:
                self.__exit__()


class KeyedLocks:
    """Mutual exclusion by key: holders of different keys never wait for each other.

    A key's lock is kept only while somebody holds it or waits for it; the length is how many are kept.
    """

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        self._guard = threading.Lock()
        self._locks: dict[Hashable, tuple[RankedLock, int]] = {}

    def __len__(self) -> int:
        """Count the keys that are held or waited for."""
        return len(self._locks)

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Hold the key's lock for the block."""
        with self._guard:
            lock, users = self._locks.get(key, (None, 0))
            lock = lock or RankedLock(self._rank)
            self._locks[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks[key]
                if users == 1:
                    del self._locks[key]
                else:
                    self._locks[key] = (lock, users - 1)


_watches: list[list[str]] = []
_threads = threading.local()


@contextmanager
def order_checked() -> Iterator[list[str]]:
    """Refuse locks out of order during the block, in all threads: WrongOrder is raised instead of waiting.

    Yields a list to which each refusal is added, since a thread may swallow the error. Locks that are held already
    are not known.
    """
    refused: list[str] = []
    _watches.append(refused)
    try:
        yield refused
    finally:
        _watches.pop()


def _check(wanted: Rank) -> None:
    highest = max(_held(), default=None)
    if highest is not None and highest >= wanted:
        _refuse(f"{wanted.name} while holding {highest.name}")
    if wanted is not Rank.LEAF and _on_event_loop():
        _refuse(f"{wanted.name} on an event loop")


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _refuse(what: str) -> NoReturn:
    refusal = f"{what}, in {threading.current_thread().name}"
    _watches[-1].append(refusal)
    raise WrongOrder(refusal)


def _held() -> list[Rank]:
    """Return the ranks of the locks that this thread holds."""
    if not hasattr(_threads, "held"):
        _threads.held = []
    held: list[Rank] = _threads.held
    return held
