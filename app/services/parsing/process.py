"""One reading process as its parent sees it: start, ask, end. Nothing here waits longer than it was told to."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import app
from app.common.lives import always
from app.services.parsing.wire import (
    HEADER_BYTES,
    READY,
    RECOGNISING,
    TAKEN,
    Answer,
    Order,
    frame,
    pack_order,
    unpack_answer,
)

_START_SECONDS = 60.0
_BYTES_PER_CHARACTER = 4
_FREE_BYTES = 16 << 20
_STEP = 1 << 20
_LOOK_SECONDS = 0.25
_MEMORY_SIGNALS = (signal.SIGKILL, signal.SIGABRT, signal.SIGILL, signal.SIGTRAP)


class ProcessTooSlow(Exception):
    """The time on the clock is over."""


class ProcessDied(Exception):
    """The process ended, or said something that makes no sense; `status` is as subprocess gives it.

    `file_taken` says whether it had begun with the file: if not, the file is not the reason.
    """

    def __init__(self, status: int | None, *, file_taken: bool) -> None:
        super().__init__()
        self.status = status
        self.file_taken = file_taken

    @property
    def out_of_processor_time(self) -> bool:
        """Whether its limit of processor time ended it."""
        return self.status == -signal.SIGXCPU

    @property
    def out_of_memory(self) -> bool:
        """Whether it ended as libraries and the system end what gets no more memory."""
        return self.status in [-number for number in _MEMORY_SIGNALS]


class ParserProcess:
    """A child that reads files, one at a time; used by one thread, except for `kill`, which any thread may call."""

    def __init__(self, memory_bytes: int) -> None:
        """Start it and return at once. OSError when the system refuses."""
        root = str(Path(app.__file__).parent.parent)
        paths = (root, *(str(Path(entry).absolute()) for entry in sys.path))
        # -P and the bare environment: no code from the working directory, and no keys where hostile files are read.
        # One arena, because each further one reserves 64 MiB of the address space that is limited.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.services.parsing.child", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"},
            start_new_session=True,  # Ctrl-C in a terminal reaches the service alone, which then ends us
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._ready = self._file_taken = False
        self._still: Callable[[], None] = always
        self.files_read = 0

    def ask(self, order: Order, content: bytes, timeout: float, still: Callable[[], None]) -> Answer:
        """Return the answer. ProcessTooSlow after `timeout` seconds, ProcessDied; then it is good for nothing more.

        So it is after whatever `still` raises, which is called now and then while the file is read.
        Once scanned pages are read it may take as much longer as the limits of the order say.
        """
        self._file_taken, self._still = False, still
        if not self._ready:
            self._expect(READY, time.monotonic() + _START_SECONDS)
            self._ready = True
        deadline = time.monotonic() + timeout
        self._send(frame(pack_order(order)), deadline)
        self._send(frame(content), deadline)
        self._expect(TAKEN, deadline)
        self._file_taken = True
        most = order.limits.max_characters * _BYTES_PER_CHARACTER + _FREE_BYTES
        header = self._receive(most, deadline)
        if header == RECOGNISING:
            deadline += order.limits.ocr_seconds
            header = self._receive(most, deadline)
        text = self._receive(most, deadline)
        self.files_read += 1
        try:
            answer = unpack_answer(header, text)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise self._death() from exc
        self._file_taken = False
        return answer

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def reading(self) -> bool:
        """Whether it has begun with a file and not answered yet."""
        return self._file_taken

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet: the system may have killed it while it was idle."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it, whatever it is doing; who waits for its answer gets ProcessDied."""
        self._kill_group()

    def end(self) -> None:
        """Kill it and what it started, wait until it is gone and close its pipes. May be called twice."""
        self._kill_group()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _kill_group(self) -> None:
        # It leads a group of its own, in which is also the program that reads scans, if that runs.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._wait(self._input, select.POLLOUT, deadline)
            try:
                left = left[os.write(self._input, left[:_STEP]) :]
            except OSError as exc:  # the pipe is broken
                raise self._death() from exc

    def _expect(self, word: bytes, deadline: float) -> None:
        if self._receive(len(word), deadline) != word:
            raise self._death()

    def _receive(self, most: int, deadline: float) -> bytes:
        size = int.from_bytes(self._read(HEADER_BYTES, deadline), "big")
        if size > most:
            raise self._death()
        return bytes(self._read(size, deadline))

    def _read(self, size: int, deadline: float) -> bytearray:
        out = bytearray()
        while len(out) < size:
            self._wait(self._output, select.POLLIN, deadline)
            piece = os.read(self._output, min(size - len(out), _STEP))
            if not piece:
                raise self._death()
            out += piece
        return out

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        while (left := deadline - time.monotonic()) > 0:
            if poll.poll(min(left, _LOOK_SECONDS) * 1000):
                return
            self._still()
        raise ProcessTooSlow

    def _death(self) -> ProcessDied:
        try:
            status: int | None = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            status = None
        return ProcessDied(status, file_taken=self._file_taken)
