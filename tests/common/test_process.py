"""What a process that serves changes about itself: the garbage collector, the heaps."""

import gc
import os
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from app.common.process import infrequent_gc

ROOT = Path(__file__).parents[2]

HEAPS = """
import asyncio, ctypes, sys, threading
from contextlib import suppress

def open_nothing(settings):
    raise LookupError

async def begin_to_start():
    app = create_app(Settings(_env_file=None), opener=open_nothing)
    with suppress(LookupError):
        async with app.router.lifespan_context(app):
            pass

if sys.argv[1] == "of the service":
    from app.config import Settings
    from app.main import create_app
    asyncio.run(begin_to_start())
libc, together = ctypes.CDLL(None), threading.Barrier(12)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p

def allocate():
    together.wait()
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


class _Knot:
    """Refers to itself, so that counting references never frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_cycles_made_meanwhile_are_freed_without_being_asked_for() -> None:
    with infrequent_gc():
        knot = weakref.ref(_Knot())
        kept = [_Knot() for _ in range(gc.get_threshold()[0] + 1)]
        assert knot() is None
    assert kept


def test_what_was_there_before_can_be_freed_afterwards() -> None:
    before = _Knot()
    knot = weakref.ref(before)
    with infrequent_gc():
        del before
        gc.collect()
        assert knot() is not None
    gc.collect()
    assert knot() is None


def test_an_error_puts_things_back() -> None:
    usual = gc.get_threshold()
    with pytest.raises(InterruptedError), infrequent_gc():
        raise InterruptedError
    assert gc.get_threshold() == usual


def _heaps(threads: str, **environment: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, threads],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps of threads are glibc's")
def test_the_service_allocates_from_one_heap_unless_the_operator_chose_otherwise() -> None:
    few = 6  # libraries begin some threads while they are imported
    assert _heaps("of any program") > few
    assert _heaps("of the service") <= few
    assert _heaps("of the service", MALLOC_ARENA_MAX="7") == 7
