"""The documents of all clients: the catalog, the texts and the vectors of a document are one thing here.

`types.py` says what any backend promises; `embedded.py` keeps it on SQLite and Chroma. It alone knows the order of
journal, vectors and acknowledgement, and it alone takes a client's lock.
"""

from app.services.library.types import ClientLimits, Library, NewDocument, Succession

__all__ = ["ClientLimits", "Library", "NewDocument", "Succession"]
