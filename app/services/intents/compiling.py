"""The patterns of all rules: made beside the start of the service, instead of while the first message waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.services.intents.any_order.reading import FREE_WORDS
from app.services.intents.reading import WORDINGS


def compile_rules() -> None:
    """Compile what is not compiled yet. A message that comes meanwhile waits for the rest of it."""
    for wording in WORDINGS:
        _ = wording.compiled
    for words in FREE_WORDS:
        _ = words.compiled


@contextmanager
def compiling() -> Iterator[None]:
    """Compile in a thread of its own, which has ended when the block has."""
    thread = threading.Thread(target=compile_rules, name="rules", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
