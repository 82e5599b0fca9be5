"""What a process that serves changes about itself. Called by what starts the process, by nothing else."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_NEW_OBJECTS = 20_000
"""A chat makes some thousands of objects, hardly any of them in a cycle; Python's own 700 has it look many times."""
_M_ARENA_MAX = -8  # from malloc.h


@contextmanager
def infrequent_gc() -> Iterator[None]:
    """Until the block ends, never look through the objects that exist now, and through new ones less often.

    The libraries' modules, which stay as long as the process, are most of what there is to look through: that took a
    tenth of a chat's processor time. Reference counting, which frees nearly everything, is not touched.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def share_one_heap() -> None:
    """Make all threads allocate from one heap from now on, on Linux with glibc; elsewhere do nothing.

    A vector index is a block of 2.6 MB, allocated by whichever thread reads it and given back to that thread's heap
    when it leaves memory. With one heap it makes room for the next index: 64 of them take half the memory.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
