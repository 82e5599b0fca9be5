"""A reader's work grows as its file does: four times the file is four times the steps, and no file keeps it long."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from app.common.errors import AppError
from app.common.file_loader import load_document
from app.services.parsing.limits import ProcessLimits
from app.services.parsing.pool import ParserPool
from tests.hostile.growing import GROWING

SIZE = 60
MOST = 5.0  # times the steps for four times the file
LARGE = 5_000


def steps(name: str, size: int) -> int:
    """Count the steps of Python's machine that reading takes."""
    content = GROWING[name](size)
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        load_document(name, content)
    except AppError:
        pass
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", GROWING)
def test_four_times_the_file_is_four_times_the_work(name: str) -> None:
    steps(name, 10)  # what is made once, such as tables of characters, is made now
    small, large = steps(name, SIZE), steps(name, 4 * SIZE)

    assert small > 0
    assert large < MOST * small


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1, process_limits=ProcessLimits(cpu_seconds=20)) as made:
        yield made


@pytest.mark.parametrize("name", GROWING)
def test_a_large_one_is_read_or_refused_in_its_time(name: str, pool: ParserPool) -> None:
    assert outcome(pool, name) in {"read", "bomb", "too_large", "corrupt", "no_text"}


def outcome(pool: ParserPool, name: str) -> str:
    try:
        pool.parse(name, GROWING[name](LARGE))
    except AppError as error:
        return error.code
    return "read"
