"""Usage and budgets in the catalog's database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, delete, func, insert, select, text, update

from app.common.absent import no_such_client
from app.common.ids import ClientId
from app.common.lives import Lives, Standing
from app.common.metering import Usage
from app.common.sql import SqlDatabase
from app.services.catalog.schema import client_budgets, clients, usage
from app.services.metering.budgets import Budgets

ERASED = ClientId("")
"""In whose name stands what clients used that were erased since."""

By = Literal["day", "key", "model", "kind", "client"]
"""What usage is added up by."""

_COLUMNS: Mapping[By, Column[Any]] = {
    "day": usage.c.day,
    "key": usage.c.key_id,
    "model": usage.c.model,
    "kind": usage.c.kind,
    "client": usage.c.client_id,
}
_KEY = ("client_id", "day", "key_id", "model", "kind")
_SUMS = [func.coalesce(func.sum(usage.c[name]), 0).label(name) for name in Usage._fields]
_INSERT = "INSERT INTO usage ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}"
_ADD = text(
    _INSERT.format(
        ", ".join((*_KEY, *Usage._fields)),
        ", ".join(f":{name}" for name in (*_KEY, *Usage._fields)),
        ", ".join(_KEY),
        ", ".join(f"{name} = usage.{name} + excluded.{name}" for name in Usage._fields),
    )
)


class Entry(NamedTuple):
    """What usage is kept apart by; `day` is in UTC, as YYYY-MM-DD."""

    client_id: ClientId
    day: str
    key_id: str
    model: str
    kind: str


class Share(NamedTuple):
    """What was used of one day, key, model, kind or client."""

    group: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which usage is asked for: from the first day to the last, of one client or of all, added up by what."""

    first: date
    last: date
    by: By
    client_id: ClientId | None = None
    after: str | None = None
    limit: int = 1000

    def page(self, *, after: str | None, limit: int) -> "Question":
        """Return the same for a page of it: the groups after that one."""
        return replace(self, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class Report:
    """Shares in the order of their groups, the sum of all, and where the next page begins."""

    shares: Sequence[Share]
    total: Usage
    next_cursor: str | None


class UsageStore:
    """Reads and writes usage. Every method is one short transaction; safe to call from any thread."""

    def __init__(self, database: SqlDatabase, *, models: Collection[str]) -> None:
        """`models` are the service's own: the names of others may tell of the client that they were for."""
        self._db = database
        self._models = frozenset(models)

    def add(self, amounts: Mapping[Entry, Usage]) -> None:
        """Add what was used."""
        with self._db.write() as connection:
            _add(connection, amounts)

    def forget(self, client_id: ClientId) -> bool:
        """Remove the client's name from its usage, so that only sums are left; False when it used nothing."""
        with self._db.write(removing=True) as connection:
            mine = usage.c.client_id == client_id
            rows = connection.execute(select(usage).where(mine)).all()
            left: dict[Entry, Usage] = {}
            for row in rows:
                entry = self.nameless(Entry(client_id, row.day, row.key_id, row.model, row.kind))
                left[entry] = left.get(entry, Usage()).plus(_amounts(row))
            _add(connection, left)
            connection.execute(delete(usage).where(mine))
        return bool(rows)

    def nameless(self, entry: Entry) -> Entry:
        """Return the entry without what tells whose it was."""
        return Entry(ERASED, entry.day, "", entry.model if entry.model in self._models else "", entry.kind)

    def forget_before(self, day: date) -> int:
        """Remove what is older; return how many rows that were."""
        with self._db.write(removing=True) as connection:
            return connection.execute(delete(usage).where(usage.c.day < day.isoformat())).rowcount

    def by_client(self, first: date, last: date) -> Iterator[tuple[ClientId, Usage]]:
        """Return what each client used from the first to the last of these days."""
        query = select(usage.c.client_id, *_SUMS).where(_within(first, last)).group_by(usage.c.client_id)
        for row in self._db.rows(query, {}):
            yield ClientId(row.client_id), _amounts(row)

    def report(self, asked: Question) -> Report:
        """Return what was used, added up."""
        group = _COLUMNS[asked.by]
        wanted = [_within(asked.first, asked.last)]
        if asked.client_id is not None:
            wanted.append(usage.c.client_id == asked.client_id)
        (total,) = self._db.rows(select(*_SUMS).where(*wanted), {}, asked.client_id)
        if asked.after is not None:
            wanted.append(group > asked.after)
        query = select(group.label("part"), *_SUMS).where(*wanted).group_by(group).order_by(group)
        rows = self._db.rows(query.limit(asked.limit + 1), {}, asked.client_id)
        shares = [Share(row.part, _amounts(row)) for row in rows[: asked.limit]]
        return Report(shares, _amounts(total), shares[-1].group if len(rows) > asked.limit else None)


class BudgetStore:
    """Clients' own budgets; they go with their client."""

    def __init__(self, database: SqlDatabase, *, lives: Lives) -> None:
        self._db = database
        self._lives = lives

    def all(self) -> dict[ClientId, Budgets]:
        """Return the budgets of every client that has its own."""
        return {ClientId(row.client_id): _budgets(row) for row in self._db.rows(select(client_budgets), {})}

    def put(self, client_id: ClientId, budgets: Budgets, *, standing: Standing) -> None:
        """Replace the client's budgets as a whole; the client now stays when its last document goes.

        Raises NotFound when there is no such client, Conflict when it was erased since `standing` began, and what that
        raises.
        """
        with self._db.write(client_id) as connection:
            self._lives.require(client_id, standing)
            known = update(clients).where(clients.c.client_id == client_id).values(registered=1)
            if not connection.execute(known).rowcount:
                raise no_such_client()
            connection.execute(delete(client_budgets).where(client_budgets.c.client_id == client_id))
            if budgets != Budgets():
                connection.execute(insert(client_budgets).values(client_id=client_id, **asdict(budgets)))


def _add(connection: Connection, amounts: Mapping[Entry, Usage]) -> None:
    rows = [{**entry._asdict(), **used._asdict()} for entry, used in amounts.items()]
    if rows:
        connection.execute(_ADD, rows)


def _within(first: date, last: date) -> ColumnElement[bool]:
    return usage.c.day.between(first.isoformat(), last.isoformat())


def _amounts(row: Any) -> Usage:
    return Usage(*(int(getattr(row, name)) for name in Usage._fields))


def _budgets(row: Any) -> Budgets:
    return Budgets(**{name: value for name, value in row._mapping.items() if name != "client_id"})
