"""Telling text that says nothing new beside what is chosen already, such as the same clause of another version."""

import re
from itertools import chain

RUN = 3
REPEATED = 0.9
_WORD = re.compile(r"\w")
_TOKEN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+")


class Repeats:
    """Remembers what was taken; text repeats it when each word and nearly all of its runs of three words were there."""

    def __init__(self) -> None:
        self._runs: set[tuple[str, ...]] = set()
        self._words: set[str] = set()

    def take(self, text: str) -> bool:
        """Say whether `text` has something new, and remember it if it has."""
        words = _TOKEN.findall(text.casefold())
        runs = set(zip(*(words[i:] for i in range(RUN)), strict=False)) or {tuple(words)}
        known = sum(map(self._runs.__contains__, runs))
        if words and known >= REPEATED * len(runs) and self._words.issuperset(words):
            return False
        self._runs |= runs
        self._words.update(chain(words))
        return True
