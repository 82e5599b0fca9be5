"""One line an event."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from app.common.logger import configure_logging

EVENT = {"client": "harbour", "ms": 3, "request_id": "abc"}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is the whole process's: put it back as the other tests know it."""
    root, names = logging.getLogger(), ("app", "uvicorn", "uvicorn.error", "uvicorn.access")
    before = root.level, list(root.handlers)
    loggers = [(logging.getLogger(name), dict(vars(logging.getLogger(name)))) for name in names]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for logger, state in loggers:
        logger.setLevel(state["level"])
        logger.propagate, logger.disabled = state["propagate"], state["disabled"]


def _lines(capsys: pytest.CaptureFixture[str], level: str, fmt: Literal["text", "json"]) -> list[str]:
    configure_logging(level, fmt)
    logger = logging.getLogger("app.services.example")
    logger.debug("chat stages", extra=EVENT)
    logger.info("request", extra=EVENT)
    logging.getLogger("httpx").info("HTTP Request: POST https://example.org/secret")
    logging.getLogger("uvicorn.access").warning("a line for each request")
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_an_event_is_one_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = _lines(capsys, "INFO", "text")
    assert "INFO" in line
    assert line.endswith("app.services.example request client=harbour ms=3 request_id=abc")


def test_json_has_the_same_fields(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = _lines(capsys, "INFO", "json")
    event = json.loads(line)
    assert event["message"] == "request"
    assert event["levelname"] == "INFO"
    assert EVENT.items() <= event.items()


def test_debug_adds_our_stages_but_not_the_libraries_chatter(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _lines(capsys, "DEBUG", "text")
    assert len(lines) == 2
    assert "chat stages" in lines[0]


def test_a_line_break_in_a_field_makes_no_second_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    logging.getLogger("app").info("request", extra={"client": 'a"\nb'})
    assert json.loads(capsys.readouterr().err)["client"] == 'a"\nb'


def test_configuring_twice_does_not_double_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "text")
    assert len(_lines(capsys, "INFO", "text")) == 1
