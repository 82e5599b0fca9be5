"""What is to be taken back when a step fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Call `undo` when the block is left by an error of any kind, also an interrupt; the error goes on."""
    try:
        yield
    except BaseException:
        undo()
        raise
