"""The app behind a real server on loopback, for tests of clients that speak HTTP by themselves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.edge.server import guard
from tests.waiting import PATIENCE, wait_for


@contextmanager
def serving(app: ASGIApp, *, max_connections: int = 4000) -> Iterator[str]:
    """Serve the app on a free port in a thread, guarded as in earnest; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    server.config.load()
    guard(server, max_connections=max_connections)
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
