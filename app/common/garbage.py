"""How often Python looks for garbage in cycles, for a process that is a service."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 20_000
"""A chat makes some thousands of objects, hardly any of them in a cycle; Python's own 700 has it look many times."""


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
