"""The garbage collector of a process that serves."""

import gc
import weakref

import pytest

from app.common.garbage import infrequent_gc


class _Knot:
    """Refers to itself, so that counting references never frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_cycles_made_meanwhile_are_freed_without_being_asked_for() -> None:
    with infrequent_gc():
        knot = weakref.ref(_Knot())
        kept = [_Knot() for _ in range(gc.get_threshold()[0] + 1)]
        assert knot() is None
    assert kept


def test_what_was_there_before_can_be_freed_afterwards() -> None:
    before = _Knot()
    knot = weakref.ref(before)
    with infrequent_gc():
        del before
        gc.collect()
        assert knot() is not None
    gc.collect()
    assert knot() is None


def test_an_error_puts_things_back() -> None:
    usual = gc.get_threshold()
    with pytest.raises(InterruptedError), infrequent_gc():
        raise InterruptedError
    assert gc.get_threshold() == usual
