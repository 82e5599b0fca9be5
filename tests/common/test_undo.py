"""Failure undoes; success does not."""

import pytest

from app.common.undo import on_failure


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_a_failed_block_is_undone_and_its_error_goes_on(kind: type[BaseException]) -> None:
    undone: list[str] = []
    with pytest.raises(kind), on_failure(lambda: undone.append("undone")):
        raise kind
    assert undone == ["undone"]


def test_a_block_that_ends_well_stays() -> None:
    undone: list[str] = []
    with on_failure(lambda: undone.append("undone")):
        pass
    assert undone == []
