"""Compaction: asked for, shared, remembered across a crash."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.common.errors import Unavailable
from app.services.compaction import CompactionStats, Compactor, Pace
from tests.waiting import wait_for


class Step:
    """A store's compaction: counts its runs, waits at `gate`, fails as often as told."""

    def __init__(self) -> None:
        self.runs = 0
        self.failures = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.done = threading.Event()

    def __call__(self) -> bool:
        """Compact."""
        self.entered.set()
        assert self.gate.wait(10)
        self.runs += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("The database is busy.")
        self.done.set()
        return True


@pytest.fixture
def step() -> Step:
    return Step()


@pytest.fixture
def open_compactor(tmp_path: Path, step: Step) -> Iterator[Callable[[], Compactor]]:
    """Make compactors over one folder, as a restart does; all are closed at the end."""
    with ExitStack() as stack:

        def make() -> Compactor:
            pace = Pace(gather=0.01, retry=0.01)
            compactor = Compactor(steps=[step], folders=[tmp_path], marker=tmp_path / "due", pace=pace)
            stack.callback(compactor.close)
            return compactor

        yield make


def test_a_compaction_reports_what_it_gave_back(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(bytes(1000))
    now = 100.0

    def shrink() -> None:
        nonlocal now
        file.write_bytes(bytes(10))
        now += 2.5

    compactor = Compactor(steps=[shrink], folders=[tmp_path], marker=tmp_path / "due", clock=lambda: now)
    report = compactor.run()
    assert (report.bytes_before, report.bytes_after) == (1000, 10)
    assert report.seconds == 2.5
    assert not (tmp_path / "due").exists()


def test_what_is_asked_for_is_done_in_the_background(
    open_compactor: Callable[[], Compactor], step: Step, tmp_path: Path
) -> None:
    compactor = open_compactor()
    compactor.start()
    compactor.request()
    assert step.done.wait(10)
    compactor.close()
    assert not (tmp_path / "due").exists()


def test_without_a_request_nothing_is_done(open_compactor: Callable[[], Compactor], step: Step) -> None:
    compactor = open_compactor()
    compactor.start()
    compactor.close()
    assert step.runs == 0


def test_a_deletion_before_a_crash_is_made_up_for_at_the_next_start(
    open_compactor: Callable[[], Compactor], step: Step, tmp_path: Path
) -> None:
    open_compactor().note()  # and here the process ends
    assert (tmp_path / "due").exists()
    open_compactor().start()
    assert step.done.wait(10)


def test_a_failing_compaction_is_tried_again_and_not_forgotten(
    open_compactor: Callable[[], Compactor], step: Step, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="app")
    step.failures = 2
    compactor = open_compactor()
    compactor.start()
    compactor.request()
    assert step.done.wait(10)
    compactor.close()
    assert step.runs == 3
    assert len(caplog.records) == 2
    assert not (tmp_path / "due").exists()


def test_an_erasure_that_cannot_be_compacted_says_so_and_stays_due(
    open_compactor: Callable[[], Compactor], step: Step, tmp_path: Path
) -> None:
    step.failures = 1
    with pytest.raises(Unavailable):
        open_compactor().run()
    assert (tmp_path / "due").exists()


def test_those_who_ask_while_one_runs_share_the_next(open_compactor: Callable[[], Compactor], step: Step) -> None:
    compactor = open_compactor()
    step.gate.clear()
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(compactor.run)
        assert step.entered.wait(10)
        others = [pool.submit(compactor.run) for _ in range(4)]
        wait_for(lambda: compactor.stats().asked == 5)
        step.gate.set()
        reports = [other.result(10) for other in others]
        first.result(10)
    assert compactor.stats() == CompactionStats(asked=5, served=5)
    assert step.runs == 2, "the running one may have begun before they deleted anything"
    assert len(set(map(id, reports))) == 1


def test_a_deletion_while_one_runs_is_still_due_after_it(
    open_compactor: Callable[[], Compactor], step: Step, tmp_path: Path
) -> None:
    compactor = open_compactor()
    step.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(compactor.run)
        assert step.entered.wait(10)
        compactor.request()
        step.gate.set()
        running.result(10)
    assert (tmp_path / "due").exists()
    compactor.run()
    assert not (tmp_path / "due").exists()
