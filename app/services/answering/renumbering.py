"""Citations of a text that get other numbers."""

import re
from collections.abc import Mapping

_CITATIONS = re.compile(r"( ?)((?:\[\d{1,3}\])+)")
_NUMBER = re.compile(r"\d+")


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    """Return a text whose citations have other numbers; those that have none are left out."""

    def kept(citations: re.Match[str]) -> str:
        found = dict.fromkeys(numbers.get(int(number)) for number in _NUMBER.findall(citations[2]))
        cited = "".join(f"[{number}]" for number in found if number)
        return f"{citations[1]}{cited}" if cited else ""

    return _CITATIONS.sub(kept, text)
