"""A document's file of tables, opened for reading alone."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.services.tables.types import ColumnInfo, TableInfo
from app.services.tables.writing import VERSION

_LOOKED_AT = 5000


class TableReader:
    """The tables of one document. Not to be used by two threads at once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def tables(self) -> list[TableInfo]:
        """Return what tables there are, in the order of the document."""
        found = self.database.execute("SELECT number, name, start, stop, rows, complete FROM tables ORDER BY number")
        return [
            TableInfo(number, name, start, stop, rows, bool(complete), self._columns(number))
            for number, name, start, stop, rows, complete in found.fetchall()
        ]

    def examples(self, number: int, place: int, most: int) -> list[str]:
        """Return what some cells of a column show, those that most rows show first."""
        found = self.database.execute(
            f"SELECT s{int(place)} FROM (SELECT * FROM rows_{int(number)} LIMIT {_LOOKED_AT})"
            f" WHERE s{int(place)} IS NOT NULL AND total = 0"
            f" GROUP BY 1 ORDER BY count(*) DESC, min(row) LIMIT {int(most)}"
        )
        return [text for (text,) in found]

    def names_rows(self, number: int, place: int) -> bool:
        """Whether a column has another value in each row, rows of totals left out: whoever counts them counts rows."""
        cell = f"s{int(place)}"
        counts = f"SELECT count(*), count(DISTINCT {cell}) FROM rows_{int(number)} WHERE total = 0"
        rows, values = self.database.execute(counts).fetchone()
        return bool(rows == values)

    def _columns(self, number: int) -> tuple[ColumnInfo, ...]:
        found = self.database.execute(
            "SELECT place, label, kind, decimals, units, filled FROM columns WHERE number = ? ORDER BY place", (number,)
        )
        return tuple(
            ColumnInfo(place, label, kind, decimals, tuple(json.loads(units)), filled)
            for place, label, kind, decimals, units, filled in found
        )


@contextmanager
def opened(path: Path) -> Iterator[TableReader | None]:
    """Lend the file; None when there is none, or it is of another version or damaged.

    Nothing writes to a file that has its name, so that it can be read without locks, also while it is being removed.
    """
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except sqlite3.OperationalError:
        yield None
        return
    with closing(database):
        yield TableReader(database) if _is_current(database) else None


def _is_current(database: sqlite3.Connection) -> bool:
    try:
        return bool(database.execute("PRAGMA user_version").fetchone()[0] == VERSION)
    except sqlite3.DatabaseError:
        return False
