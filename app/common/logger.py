"""Logging: one line an event, with ids and counts. Never keys, prompts, document text or messages."""

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_TEXT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class _TextFormatter(logging.Formatter):
    """The message and then the event's fields as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        return f"{line} {fields}" if fields else line


def configure_logging(level: str, fmt: Literal["text", "json"]) -> None:
    """Send everything to standard error in one format. Called once, by the process's entry point."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s") if fmt == "json" else _TextFormatter(_TEXT)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("app").setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.INFO)
    # Its lines quote what agents send; what a tool ends with has a line of ours.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    # Our own middleware writes the request's line, with its route, client and duration.
    logging.getLogger("uvicorn.access").disabled = True
