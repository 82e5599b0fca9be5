"""The process in which uploads are read, one at a time: `python -m app.services.parsing.child BYTES`.

Its limits are its own: address space, processor time per file, no core dumps. It ends as soon as its input is closed,
whatever it is doing, and so does not outlive a service that was killed.
"""

import logging
import os
import queue
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from app.common.errors import AppError, UnreadableFile
from app.common.file_loader import LoadedDocument, Recogniser, load_document
from app.services.parsing.wire import (
    HEADER_BYTES,
    LOGGED_FIELDS,
    READY,
    RECOGNISING,
    TAKEN,
    Answer,
    LogLine,
    Order,
    frame,
    pack_answer,
    source_of,
    unpack_order,
)

logger = logging.getLogger(__name__ if __name__ != "__main__" else "app.services.parsing.child")
_Request = tuple[bytes, bytes]
_FAILED = "The file cannot be read; save it again, or in another format, and upload that."


def main(memory_bytes: int) -> None:
    """Serve until the input ends; `memory_bytes` is the address space that may be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what a library prints is not a frame
    requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, requests), daemon=True).start()
    log = _Log()
    logging.getLogger("app").addHandler(log)
    logging.getLogger("app").setLevel(logging.INFO)
    _warm_up()
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _send(sink, READY)
    while True:
        payload, content = requests.get()
        _send(sink, TAKEN)  # from here on, an early end is the file's doing
        answer = _serve(payload, content, memory_bytes, log, sink)
        _send(sink, *pack_answer(answer))


class _Log(logging.Handler):
    """Keeps what our own readers log, for the parent's log; libraries may quote documents and are not heard."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[LogLine] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        fields = {name: str(vars(record)[name]) for name in LOGGED_FIELDS if name in vars(record)}
        self._lines.append((record.levelno, record.getMessage(), fields))

    def take(self) -> tuple[LogLine, ...]:
        """Return the lines since the last time."""
        lines, self._lines = tuple(self._lines), []
        return lines


def _listen(source: BinaryIO, requests: "queue.SimpleQueue[_Request]") -> None:
    while (payload := _receive(source)) is not None and (content := _receive(source)) is not None:
        requests.put((payload, content))
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # and the program that reads scans, if it runs
    os._exit(0)


def _receive(source: BinaryIO) -> bytes | None:
    header = source.read(HEADER_BYTES)
    return source.read(int.from_bytes(header, "big")) if len(header) == HEADER_BYTES else None


def _send(sink: BinaryIO, *payloads: bytes) -> None:
    for payload in payloads:
        sink.write(frame(payload))
    sink.flush()


def _warm_up() -> None:
    """Load what most files need before the first one comes; what is rarely needed waits for its use."""
    import chardet
    import office_oxide
    import pypdfium2

    chardet.detect("é".encode("cp1252"))
    _ = office_oxide, pypdfium2


def _serve(payload: bytes, content: bytes, memory_bytes: int, log: "_Log", sink: BinaryIO) -> Answer:
    order = unpack_order(payload)
    _limit_processor_time(order.cpu_seconds)
    result = _read(order, content, _recogniser(order, sink))
    return Answer(result, log.take(), worn=_address_space() > memory_bytes // 2)


def _recogniser(order: Order, sink: BinaryIO) -> Recogniser | None:
    told = False

    def on_page() -> None:
        nonlocal told
        if not told:
            _send(sink, RECOGNISING)
            told = True
        # Drawing many pages takes its time. The clock limits them all together, this each of them.
        _limit_processor_time(order.page_cpu_seconds)

    return Recogniser(order.tesseract, on_page) if order.tesseract else None


def _read(order: Order, content: bytes, recogniser: Recogniser | None) -> LoadedDocument | AppError:
    source = source_of(order, content)
    try:
        return load_document(
            order.filename, source, pdf_engine=order.pdf_engine, recogniser=recogniser, limits=order.limits
        )
    except AppError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the edge of this process: the libraries raise many kinds
        logger.warning("reader failed", extra={"where": _place(error)})
        return UnreadableFile(_FAILED)


def _place(error: Exception) -> str:
    """Name an error for the log by its kind and line; its message may hold the document's text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(error).__name__} at {where}"


def _limit_processor_time(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _limit(kind: int, value: int) -> None:
    """Set the soft limit, at most to the hard one: it is raised again for the next file."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _address_space() -> int:
    """Bytes that this process has reserved; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
