"""The meter: counts in memory, written to the database once a second and at the end."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import NamedTuple

from typing_extensions import override

from app.common.background import Background, Running
from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.lives import Lives, Standing
from app.common.locks import Rank, RankedLock
from app.common.metering import Meter, Usage, behalf
from app.common.undo import on_failure
from app.services.metering.budgets import KINDS, BudgetKind, Budgets, limits_of, used_up
from app.services.metering.spent import Day, Spent
from app.services.metering.store import BudgetStore, Entry, Question, Report, UsageStore
from app.telemetry.counting import count_budget_refusal

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
MOST_WAITING = 2000
"""Different entries that wait to be written before their second is over."""
_CLEANUP_SECONDS = 3600.0


class BudgetState(NamedTuple):
    """How one of a client's budgets stands; `limit` None means that there is none."""

    kind: BudgetKind
    limit: int | None
    used: int


class UsageMeter(Meter, Running):
    """Counts clients' usage exactly while the process lives; a crash loses what was counted in its last second."""

    def __init__(
        self,
        store: UsageStore,
        budgets: BudgetStore,
        *,
        defaults: Budgets,
        lives: Lives,
        kept_days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`lives` are those of clients: what is counted of one after its erasure began has no name."""
        self._store = store
        self._budgets = budgets
        self._defaults = defaults
        self._lives = lives
        self._kept_days = kept_days
        self._clock = clock
        self._guard = RankedLock(Rank.LEAF)
        self._writing = RankedLock(Rank.USAGE)
        self._waiting: dict[Entry, Usage] = {}
        self._spent: dict[ClientId, Spent] = {}
        self._held: defaultdict[ClientId, list[Usage]] = defaultdict(list)
        self._own: dict[ClientId, Budgets] = {}
        self._service_limits = limits_of(Budgets().over(defaults))
        self._limits: dict[ClientId, Sequence[tuple[BudgetKind, int]]] = {}
        self._day = Day.at(0)
        self._cleaned = -_CLEANUP_SECONDS
        self._background = Background("meter", self._round, every=FLUSH_SECONDS)

    # Its life

    @override
    def start(self) -> None:
        """Read what was used this month, and begin to write."""
        today = self.today()
        for client_id, budgets in self._budgets.all().items():
            self._set_budgets(client_id, budgets)
        for client_id, used in self._store.by_client(today.replace(day=1), today):
            self._spent[client_id] = Spent(today, of_month=used)
        for client_id, used in self._store.by_client(today, today):
            self._spent[client_id].of_day = used
        self._background.start()

    @override
    def close(self) -> None:
        """Write what is counted, and end."""
        self._background.close()
        try:
            self.flush()
        except AppError as exc:
            logger.warning("usage not written at the end", extra={"entries": len(self._waiting), "code": exc.code})

    # Counting

    @override
    def count(self, client_id: ClientId, usage: Usage, *, model: str = "") -> None:
        mine, day = behalf(), self._now()
        entry = Entry(client_id, day.name, mine.key_id, model, mine.kind)
        with self._guard:
            if self._lives.is_over(client_id, Standing(mine.since)):
                entry = self._store.nameless(entry)
            else:
                self._spent_by(client_id, day.date).add(usage)
            self._add(entry, usage)
            full = len(self._waiting) >= MOST_WAITING
        if full:
            self._background.wake()

    @override
    def require(self, client_id: ClientId, wanted: Usage) -> None:
        over = self._exceeded(client_id, wanted)
        if over is not None and over.limit is not None:
            count_budget_refusal(over.kind.name)
            raise used_up(over.kind, limit=over.limit, used=over.used, now=self._clock())

    @override
    @contextmanager
    def taking(self, client_id: ClientId, wanted: Usage) -> Iterator[None]:
        self.require(client_id, wanted)
        with self._guard:
            self._held[client_id].append(wanted)
        try:
            yield
        finally:
            with self._guard:
                self._held[client_id].remove(wanted)
                if not self._held[client_id]:
                    del self._held[client_id]
        self.count(client_id, wanted)

    def has_left(self, client_id: ClientId, wanted: Usage) -> bool:
        """Whether so much more is within the client's budgets."""
        return self._exceeded(client_id, wanted) is None

    def today(self) -> date:
        """Return the day in UTC."""
        return self._now().date

    # Budgets

    def own_budgets(self, client_id: ClientId) -> Budgets:
        """Return what is set for this client alone."""
        return self._own.get(client_id, Budgets())

    def put_budgets(self, client_id: ClientId, budgets: Budgets, *, standing: Standing | None = None) -> None:
        """Replace what is set for this client alone; raises what BudgetStore.put raises."""
        with self._writing:
            self._budgets.put(client_id, budgets, standing=standing or Standing())
            self._set_budgets(client_id, budgets)

    def states(self, client_id: ClientId) -> list[BudgetState]:
        """Return how the client's budgets stand."""
        limits = self.own_budgets(client_id).over(self._defaults)
        today = self.today()
        return [BudgetState(kind, limits.limit(kind.name), self._used(client_id, kind, today)) for kind in KINDS]

    def _exceeded(self, client_id: ClientId, wanted: Usage) -> BudgetState | None:
        """Return the first budget that so much more would go beyond."""
        today = self.today()
        for kind, limit in self._limits.get(client_id, self._service_limits):
            asked = kind.measure(wanted)
            if asked and (used := self._used(client_id, kind, today) + self._held_of(client_id, kind)) + asked > limit:
                return BudgetState(kind, limit, used)
        return None

    def _held_of(self, client_id: ClientId, kind: BudgetKind) -> int:
        with self._guard:
            return sum(map(kind.measure, self._held.get(client_id, ())))

    def _used(self, client_id: ClientId, kind: BudgetKind, today: date) -> int:
        with self._guard:
            spent = self._spent.get(client_id)
            if spent is None:
                return 0
            spent.turn_to(today)
            return spent.used(kind)

    def _set_budgets(self, client_id: ClientId, own: Budgets) -> None:
        self._own[client_id] = own
        self._limits[client_id] = limits_of(own.over(self._defaults))

    # What was used

    def report(self, asked: Question) -> Report:
        """Return what was used, up to this moment. Blocks."""
        with suppress(AppError):  # on a full disk the report lacks the latest, and the thread's log says why
            self.flush()
        return self._store.report(asked)

    def forget(self, client_id: ClientId) -> bool:
        """Remove the client's name from all that was counted; False when it used nothing. Its life is over. Blocks."""
        with self._writing:
            with self._guard:
                mine = [entry for entry in self._waiting if entry.client_id == client_id]
                for entry in mine:
                    self._add(self._store.nameless(entry), self._waiting.pop(entry))
                self._spent.pop(client_id, None)
                self._own.pop(client_id, None)
                self._limits.pop(client_id, None)
            return self._store.forget(client_id) or bool(mine)

    def flush(self) -> None:
        """Write what is counted. What cannot be written now stays, and is written with what comes. Blocks."""
        with self._writing:
            with self._guard:
                amounts, self._waiting = self._waiting, {}
            if amounts:
                with on_failure(lambda: self._put_back(amounts)):
                    self._store.add(amounts)

    def _put_back(self, amounts: Mapping[Entry, Usage]) -> None:
        with self._guard:
            for entry, used in amounts.items():
                self._add(entry, used)

    def _add(self, entry: Entry, used: Usage) -> None:
        before = self._waiting.get(entry)
        self._waiting[entry] = used if before is None else before.plus(used)

    def _spent_by(self, client_id: ClientId, today: date) -> Spent:
        spent = self._spent.get(client_id)
        if spent is None:
            spent = self._spent[client_id] = Spent(today)
        spent.turn_to(today)
        return spent

    def _now(self) -> Day:
        """Return the day; made once a day, as each count asks for it."""
        seconds, day = self._clock(), self._day
        if not day.holds(seconds):
            day = self._day = Day.at(seconds)
        return day

    def _round(self) -> None:
        self.flush()
        now = time.monotonic()
        if now - self._cleaned >= _CLEANUP_SECONDS:
            self._cleaned = now
            self._store.forget_before(self.today() - timedelta(days=self._kept_days))
