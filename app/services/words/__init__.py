"""Words in common: an index of words for each client, over all of its parts, in a file of its own.

`analysis.py` makes terms of a text, `index.py` keeps them, `bm25.py` scores them; `store.py` is what the library calls.
"""

from app.services.words.store import WordStore

__all__ = ["WordStore"]
