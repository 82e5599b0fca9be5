"""What the service and its reading processes say to each other: frames of JSON and text, never pickles.

A reader that a hostile file took over could put anything into a pickle, and the service would run it.
"""

import json
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any, cast, get_args

from app.common.errors import AppError, InvalidInput, TooLarge, UnreadableFile, UnsupportedType
from app.common.file_loader import Column, ColumnKind, Heading, LoadedDocument, PdfEngine, ReadLimits, Table

HEADER_BYTES = 8
READY, TAKEN = b"ready", b"taken"
RECOGNISING = b"recognising"
"""Said once when a file's scanned pages are about to be read, which may take longer than reading otherwise does."""

LOGGED_FIELDS = ("where", "encrypted")
"""The fields of log lines that pass: no others, so that a reader cannot set what belongs to the parent's log."""
LogLine = tuple[int, str, dict[str, str]]
"""Level, event, fields."""

_ERRORS: dict[str, type[AppError]] = {
    kind.__name__: kind for kind in (InvalidInput, TooLarge, UnreadableFile, UnsupportedType)
}


@dataclass(frozen=True, slots=True)
class Order:
    """One file to read; `path` is None when the content itself follows, `tesseract` when scans are not to be read.

    It may take `seconds` on the clock and `cpu_seconds` of processor, and `page_cpu_seconds` for each scanned page.
    """

    filename: str
    path: str | None
    pdf_engine: PdfEngine
    cpu_seconds: int
    limits: ReadLimits
    tesseract: str | None = None
    seconds: float = 120.0
    page_cpu_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A document or the reason why there is none, and what our readers logged on the way.

    `worn` asks for a fresh process: this one has grown.
    """

    result: LoadedDocument | AppError
    log: tuple[LogLine, ...] = ()
    worn: bool = False


def frame(payload: bytes) -> bytes:
    """Return `payload` with its length before it."""
    return len(payload).to_bytes(HEADER_BYTES, "big") + payload


def pack_order(order: Order) -> bytes:
    """Return the order as bytes."""
    return json.dumps(asdict(order)).encode()


def unpack_order(payload: bytes) -> Order:
    """Return the order that `pack_order` packed."""
    fields = json.loads(payload)
    return Order(**{**fields, "limits": ReadLimits(**fields["limits"])})


def pack_answer(answer: Answer) -> tuple[bytes, bytes]:
    """Return the answer as a JSON part and the document's text in UTF-8."""
    fields: dict[str, Any] = {"log": answer.log, "worn": answer.worn}
    if isinstance(answer.result, LoadedDocument):
        return json.dumps({**fields, "document": _document_fields(answer.result)}).encode(), answer.result.text.encode()
    error = answer.result
    fields["error"] = {"kind": type(error).__name__, "code": error.code, "detail": error.detail}
    return json.dumps(fields).encode(), b""


def unpack_answer(payload: bytes, text: bytes) -> Answer:
    """Return what `pack_answer` packed. Raises ValueError, KeyError or TypeError for anything else."""
    fields = json.loads(payload)
    if error := fields.get("error"):
        result: LoadedDocument | AppError = _ERRORS[error["kind"]](error["detail"], code=error["code"])
    else:
        result = _document(fields["document"], text.decode())
    return Answer(result, tuple(_log_line(*line) for line in fields["log"]), bool(fields["worn"]))


def _log_line(level: int, event: str, fields: dict[str, str]) -> LogLine:
    return int(level), str(event), {name: str(fields[name]) for name in LOGGED_FIELDS if name in fields}


def _document_fields(document: LoadedDocument) -> dict[str, Any]:
    """Return all but the text. Tables may be large: their cells are not copied, as `asdict` would."""
    tables = [
        {field.name: getattr(table, field.name) for field in dataclass_fields(table)} for table in document.tables
    ]
    return {**asdict(replace(document, text="", tables=())), "tables": tables}


def _document(fields: dict[str, Any], text: str) -> LoadedDocument:
    return LoadedDocument(
        kind=fields["kind"],
        text=text,
        page_starts=tuple(fields["page_starts"]),
        headings=tuple(Heading(*heading) for heading in fields["headings"]),
        warnings=tuple(fields["warnings"]),
        tables=tuple(_table(table) for table in fields["tables"]),
    )


def _table(fields: dict[str, Any]) -> Table:
    return Table(
        **{
            **fields,
            "header": tuple(map(str, fields["header"])),
            "rows": tuple(tuple(map(str, row)) for row in fields["rows"]),
            "numbers": tuple(map(int, fields["numbers"])),
            "columns": tuple(_column(*column) for column in fields["columns"]),
            "values": tuple(tuple(map(str, row)) for row in fields["values"]),
        }
    )


def _column(kind: str, decimals: int) -> Column:
    if kind not in get_args(ColumnKind):
        raise ValueError(kind)
    return Column(cast("ColumnKind", kind), int(decimals))


def source_of(order: Order, content: bytes) -> bytes | Path:
    """Return what is to be read: the file that the order names, or the content that came with it."""
    return content if order.path is None else Path(order.path)
