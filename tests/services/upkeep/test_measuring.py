"""Sizes and totals are looked up when they are asked for, and not again at once."""

from pathlib import Path

import pytest

from app.common.errors import Unavailable
from app.memory import SessionStats
from app.services.catalog.records import CatalogTotals
from app.services.upkeep.measuring import Measured, Measurer, Measures, tree_size
from tests.waiting import wait_for

NOBODY = SessionStats(
    active_chains=0, total_sessions=0, active_sessions=0, expired_sessions=0, total_messages=0,
    avg_messages_per_session=0.0, database_size_mb=0.0,
)  # fmt: skip


class Shop:
    """What is measured, with a count of how often."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        self.broken = False
        self.now = 100.0
        self.measured = Measured(
            stores={"data": folder}, disks={"data": folder}, totals=self.totals, sessions=lambda: NOBODY,
            oldest_job=lambda: None, outdated=lambda: 0,
        )  # fmt: skip

    def totals(self) -> CatalogTotals:
        self.asked += 1
        if self.broken:
            raise Unavailable("The catalog does not answer.")
        return CatalogTotals(clients=self.asked, documents=0, chunks=0)


def clients(measures: Measures | None) -> int:
    return measures.totals.clients if measures else 0


def test_nobody_asks_and_nothing_is_looked_up_then_each_asker_gets_the_latest(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))
    shop = Shop(tmp_path)
    with Measurer(shop.measured, clock=lambda: shop.now) as measurer:
        assert shop.asked == 0
        first = measurer.latest()
        assert first is not None
        assert first.store_bytes == {"data": 1000}
        assert [clients(measurer.latest()) for _ in range(3)] == [1, 1, 1]
        shop.now += 20
        assert clients(measurer.latest()) == 1
        wait_for(lambda: clients(measurer.latest()) == 2)


def test_a_store_that_fails_keeps_what_was_measured_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop(tmp_path)
    with Measurer(shop.measured, clock=lambda: shop.now) as measurer:
        assert clients(measurer.latest()) == 1
        shop.broken = True
        shop.now += 20
        measurer.latest()
        wait_for(lambda: "measurer" in str([vars(record) for record in caplog.records]))
        assert clients(measurer.latest()) == 1


def test_a_database_counts_with_its_logs_and_a_folder_with_all_below(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(bytes(10))
    (tmp_path / "a.db-wal").write_bytes(bytes(5))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(bytes(7))
    assert tree_size(tmp_path / "a.db") == 15
    assert tree_size(tmp_path) == 22
    assert tree_size(tmp_path / "missing") == 0
