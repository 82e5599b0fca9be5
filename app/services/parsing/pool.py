"""Reading uploads in processes that can be killed: a hostile file costs its own process and nothing else.

The processes are few, warm and used again. Each has its own pair of pipes, so that one which dies takes nothing with
it that another waits for. They are started as programs of their own (not forked), which is safe beside threads and
loads none of the service's models. The caller's thread waits; there are no threads of our own.
"""

import logging
import queue
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from app.common.errors import AppError, Unavailable, UnreadableFile, shutting_down
from app.common.fair_seats import FairSeats
from app.common.file_loader import LoadedDocument, PdfEngine, ReadLimits
from app.common.lives import always
from app.common.locks import Rank, RankedLock
from app.services.parsing.limits import ParserStats, ProcessLimits
from app.services.parsing.process import ParserProcess, ProcessDied, ProcessTooSlow
from app.services.parsing.wire import Answer, Order
from app.telemetry.counting import Death, count_parser_death

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 10


class ParserPool:
    """Reads files in a fixed number of processes. Thread-safe; the processes start at once, in the background."""

    def __init__(
        self,
        *,
        workers: int = 3,
        pdf_engine: PdfEngine = "pdfium",
        ocr: Literal["auto", "off"] = "off",
        read_limits: ReadLimits | None = None,
        process_limits: ProcessLimits | None = None,
    ) -> None:
        """So many files are read at once as there are `workers`; of one owner, if there are several, one less.

        `ocr` reads scanned pages through tesseract, if that is installed now.
        """
        self._pdf_engine: PdfEngine = pdf_engine
        self._tesseract = shutil.which("tesseract") if ocr == "auto" else None
        self._read_limits = read_limits or ReadLimits()
        self._process_limits = process_limits or ProcessLimits()
        self._seats = FairSeats(workers, each=max(1, workers - 1))
        self._slots = [_Slot(self._process_limits) for _ in range(workers)]
        self._idle: queue.SimpleQueue[_Slot] = queue.SimpleQueue()
        for slot in self._slots:
            slot.prepare()
            self._idle.put(slot)

    def parse(
        self, filename: str, data: bytes | Path, *, owner: str = "", still: Callable[[], None] = always
    ) -> LoadedDocument:
        """Read one file from its bytes or its path; blocks until it is read. Owners take turns.

        `still` is asked meanwhile whether the file is wanted; what it raises gives the file up and comes out of here.
        Raises what `load_document` raises; UnreadableFile also with the codes timeout, and bomb or corrupt when the
        process died of the file. Unavailable after `close`.
        """
        path = str(data.absolute()) if isinstance(data, Path) else None
        cpu_seconds, seconds = self._process_limits.seconds(_size(data))
        order = Order(
            filename,
            path,
            self._pdf_engine,
            cpu_seconds,
            self._read_limits,
            self._tesseract,
            seconds=seconds,
            page_cpu_seconds=self._process_limits.cpu_seconds,
        )
        with self._seats.hold(owner, still):
            slot = self._idle.get()
            try:
                return slot.read(order, data if isinstance(data, bytes) else b"", still)
            finally:
                self._idle.put(slot)

    @property
    def reads_scans(self) -> bool:
        """Whether pages without text are read as images."""
        return self._tesseract is not None

    def stats(self) -> ParserStats:
        """Return how things stand."""
        processes = [slot.process for slot in self._slots]
        running = [process for process in processes if process is not None]
        turns = self._seats.stats()
        return ParserStats(
            files=turns.at_work + turns.waiting,
            begun=sum(process.reading for process in running),
            processes=tuple(process.pid for process in running),
        )

    def close(self) -> None:
        """End all processes, also those that are reading; callers that wait get Unavailable. May be called twice."""
        for slot in self._slots:
            slot.kill()
        for slot in self._slots:
            slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _size(data: bytes | Path) -> int:
    try:
        return data.stat().st_size if isinstance(data, Path) else len(data)
    except OSError:  # its reader says what is wrong with it
        return 0


class _Slot:
    """The place of one process: gives it one file at a time, and puts a new one in place of a dead or worn one."""

    def __init__(self, limits: ProcessLimits) -> None:
        self._limits = limits
        self._lock = RankedLock(Rank.LEAF)
        self._reading = RankedLock(Rank.READER)
        self._process: ParserProcess | None = None
        self._closed = threading.Event()

    @property
    def process(self) -> ParserProcess | None:
        """The process in this place, if one could be started."""
        return self._process

    def prepare(self) -> None:
        """Start a process if there is none; one that cannot be started now is tried again with the next file."""
        with self._lock:
            if self._closed.is_set() or (self._process is not None and self._process.alive):
                return
            if self._process is not None:
                self._process.end()
                self._process = None
            try:
                self._process = ParserProcess(self._limits.memory_bytes)
            except OSError:
                logger.exception("reading process could not be started")

    def read(self, order: Order, content: bytes, still: Callable[[], None]) -> LoadedDocument:
        """Read one file; afterwards a process is ready again, or is on its way."""
        with self._reading:
            try:
                answer = self._ask(order, content, still)
            except ProcessDied as exc:
                if exc.file_taken or self._closed.is_set():
                    raise self._verdict(exc) from exc
                answer = self._ask_again(order, content, still)
        return _result(answer)

    def _ask_again(self, order: Order, content: bytes, still: Callable[[], None]) -> Answer:
        """Ask a fresh process, because the one before had ended before it began with the file."""
        try:
            return self._ask(order, content, still)
        except ProcessDied as exc:
            raise self._verdict(exc) from exc

    def _ask(self, order: Order, content: bytes, still: Callable[[], None]) -> Answer:
        self.prepare()
        process = self._process
        if process is None or self._closed.is_set():
            raise shutting_down(retry_after=_RETRY_SECONDS) if self._closed.is_set() else _cannot_start()
        answer: Answer | None = None
        try:
            answer = process.ask(order, content, order.seconds, still)
        except ProcessTooSlow as exc:
            if self._closed.is_set():
                raise shutting_down(retry_after=_RETRY_SECONDS) from exc
            count_parser_death("clock")
            raise _took_too_long() from exc
        finally:
            if answer is None or answer.worn or process.files_read >= self._limits.files:
                self._discard(process)
        return answer

    def kill(self) -> None:
        """End the process for good; a file that is being read is given up."""
        with self._lock:
            self._closed.set()
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """After `kill`: wait until nobody reads, and clean up."""
        with self._reading:
            if self._process is not None:
                self._discard(self._process)

    def _discard(self, process: ParserProcess) -> None:
        process.end()
        with self._lock:
            self._process = None
        self.prepare()

    def _verdict(self, death: ProcessDied) -> AppError:
        if self._closed.is_set():
            return shutting_down(retry_after=_RETRY_SECONDS)
        logger.warning("reading process ended", extra={"status": death.status, "file_begun": death.file_taken})
        if not death.file_taken:
            return _cannot_start()
        count_parser_death(_reason(death))
        return _took_too_long() if death.out_of_processor_time else _killed_by_file(death)


def _result(answer: Answer) -> LoadedDocument:
    for level, event, fields in answer.log:
        logger.log(level, event, extra=fields)
    if isinstance(answer.result, AppError):
        raise answer.result
    return answer.result


def _reason(death: ProcessDied) -> Death:
    if death.out_of_processor_time:
        return "processor"
    return "memory" if death.out_of_memory else "crash"


def _killed_by_file(death: ProcessDied) -> UnreadableFile:
    if death.out_of_memory:
        return UnreadableFile("Reading the file takes more memory than is allowed; split it.", code="bomb")
    return UnreadableFile("The file is damaged in a way that stops its reader; save it again and upload that copy.")


def _took_too_long() -> UnreadableFile:
    return UnreadableFile("Reading the file takes too long; split it or save it in another format.", code="timeout")


def _cannot_start() -> Unavailable:
    return Unavailable("Files cannot be read at the moment; try again shortly.", retry_after=_RETRY_SECONDS)
