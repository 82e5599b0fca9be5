"""Speaking to a server byte by byte."""

import socket
from urllib.parse import urlsplit

PATIENCE = 30.0


class Wire:
    """One connection. Use as a context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of it; the other side may have closed the connection."""
        self._socket.sendall(data)

    def answer(self) -> bytes:
        """Return the next bytes that come, empty when the other side has closed the connection."""
        try:
            return self._socket.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def everything(self) -> bytes:
        """Return all that comes until the other side closes the connection."""
        return b"".join(iter(self.answer, b""))


def status(answer: bytes) -> int:
    """The status of an answer."""
    return int(answer.split(b" ", 2)[1])
