"""The tables of documents, with typed columns: a small SQLite file for each document that has any.

A file is written once, before its document is acknowledged, and goes with it. `writing.py` makes it, `reading.py` opens
it, `store.py` is what the library calls.
"""

from app.services.tables.store import TableStore
from app.services.tables.types import NewTable, new_tables

__all__ = ["NewTable", "TableStore", "new_tables"]
