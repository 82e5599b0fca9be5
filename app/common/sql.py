"""What stores in SQL ask of a database, whichever it is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select

from app.common.ids import ClientId


class SqlDatabase(Protocol):
    """A database with short transactions. `owner` is the client that one is about, None for an operator's view.

    Where clients share tables with others that must not see them, a transaction reaches its owner's rows only.
    """

    def read(self, owner: ClientId | None = None) -> AbstractContextManager[Connection]:
        """A consistent view for reading."""

    def write(self, owner: ClientId | None = None, *, removing: bool = False) -> AbstractContextManager[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        One that is `removing` something has room where others have none any more.
        """

    def rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object], owner: ClientId | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return what one statement reads."""

    def note(self, work: Callable[[Connection], object]) -> bool:
        """Do `work` in a transaction if that is possible at once; whether it was done."""

    def compact(self) -> bool:
        """Rewrite the tables without what was deleted; False when a reader was in the way, then try again later."""

    def close(self) -> None:
        """Close all connections."""
