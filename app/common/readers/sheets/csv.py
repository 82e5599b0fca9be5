"""CSV and TSV: rows as `a | b | c`, whatever they are separated by."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from app.common.readers.raw import Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.tables import Row, TableBuilder
from app.common.readers.text import decode

_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
_SAMPLE = 1 << 16
_MARK = "sep="


def read_csv(data: Data, limits: ReadLimits) -> RawDocument:
    """Read a table of text. UnsupportedType (type_mismatch) for binary data, TooLarge (too_large)."""
    decoded = decode(read_bytes(data))
    text = decoded.text
    separator = _declared(text) or _guess(text[:_SAMPLE])
    if _declared(text):
        text = text.partition("\n")[2]
    table = TableBuilder(Budget(limits))
    for cells in _rows(text, separator):
        table.add(Row(cells))
    block = table.block()
    return RawDocument([[block] if block else []], decoded.warnings)


def _declared(text: str) -> str:
    """Excel writes and reads a first line such as `sep=;`."""
    line = text[: len(_MARK) + 2].partition("\n")[0].rstrip("\r")
    return line[-1] if line.lower().startswith(_MARK) and len(line) == len(_MARK) + 1 else ""


def _guess(sample: str) -> str:
    """Return the separator that cuts most rows into the same number of cells; csv.Sniffer takes letters for one."""
    best, most = ",", (0.0, 0)
    for separator in _SEPARATORS:
        counts = Counter(len(row) for row, _ in zip(_rows(sample, separator), range(_SAMPLE_ROWS), strict=False))
        width, rows = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        score = (rows / max(1, counts.total()), width)
        if width > 1 and score > most:
            best, most = separator, score
    return best


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    # A cell may be as long as the file: the budget of characters counts, not the module's own limit.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    return iter(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
