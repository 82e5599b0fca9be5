"""Do the numbers in an index of words lead somewhere? SQLite does not notice a byte that was changed in a value."""

from collections.abc import Iterable

import numpy as np

from app.services.words.postings import Facts


def require_sound(documents: Iterable[tuple[int, int]], facts: Facts) -> None:
    """Raise ValueError when a number leads to no part; of each document, the first part and how many there are."""
    used = facts[facts["words"] > 0]
    end = len(facts)
    sound = (
        all(0 <= first <= first + count <= end for first, count in documents)
        and (used["group"].astype(np.int64) + used["size"] <= end).all()
        and (used["leaf"] < end).all()
        and np.isfinite(used["norm"]).all()
    )
    if not sound:
        raise ValueError("the facts of parts are damaged")
