"""Names that are nearly right: a misspelt setting must not be overlooked, as that may leave a door open."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher


def misspelt(names: Iterable[str], known: Collection[str], *, likeness: float, shortest: int = 1) -> tuple[str, str]:
    """Return the first name that is not known but like one that is, with that one; two empty strings for none.

    `likeness` is from 0 to 1, the same. Names of fewer characters than `shortest` are not looked at.
    """
    for name in names:
        if name in known or len(name) < shortest:
            continue
        alike, nearest = max((SequenceMatcher(None, name, each).ratio(), each) for each in known)
        if alike >= likeness:
            return name, nearest
    return "", ""
