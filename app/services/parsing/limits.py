"""What a reading process may use, and what a pool of them tells of itself."""

from dataclasses import dataclass

_LEAST_SECONDS = 5
_BYTES_A_SECOND = 20_000
_LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What one reading process may use: seconds on the clock and of processor per file, bytes of address space.

    The seconds are those of a file of a megabyte or more; smaller ones get less, see `seconds`. After `files` files it
    is replaced by a fresh one.
    """

    timeout: float = 120.0
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30
    files: int = 200

    def seconds(self, size: int) -> tuple[int, float]:
        """Return the seconds of processor and on the clock that a file of `size` bytes may take.

        No reader needs longer for a small file, unless it was made to keep one busy. The clock is patient: the
        machine may have other work.
        """
        cpu_seconds = min(self.cpu_seconds, _LEAST_SECONDS + size // _BYTES_A_SECOND)
        return cpu_seconds, self.timeout * max(_LEAST_SHARE, cpu_seconds / max(1, self.cpu_seconds))


@dataclass(frozen=True, slots=True)
class ParserStats:
    """A pool at this moment: files that were accepted, how many of them a process has begun with, process ids."""

    files: int
    begun: int
    processes: tuple[int, ...]
