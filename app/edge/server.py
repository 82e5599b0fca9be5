"""uvicorn's server, guarded however it was started: the documented command needs no flags.

The application finds the server that runs it and sets it up before the first connection is taken. A flag that was given
to uvicorn stays in force where the two would meet.
"""

import logging
import signal
from functools import partial

from uvicorn import Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.edge.connections import Connections
from app.edge.drain import CLOSING_SECONDS, Drain, Ending, end_in_order
from app.edge.protocol import GuardedProtocol

logger = logging.getLogger(__name__)

WANTED_FILES = 65_536
FILES_OF_OUR_OWN = 512
"""Open files that are not connections of callers: databases, vector indexes, reading processes, calls to the model."""
STOP_SECONDS = 23
"""From the signal to stop until uvicorn breaks off what has not ended (its --timeout-graceful-shutdown)."""


def running_server() -> Server | None:
    """Return the uvicorn server of this process: its handler of SIGTERM is a method of it. None under anything else."""
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, Server) else None


def guard(server: Server, *, max_connections: int) -> None:
    """Bound what the server takes in before the application is asked. Call it before it listens.

    One address may have half of `max_connections`, so that no machine can take them all.
    """
    limit = connection_limit(max_connections, raise_file_limit())
    connections = Connections(limit=limit, per_address=max(1, limit // 2))
    config = server.config
    if config.http_protocol_class is HttpToolsProtocol:
        config.http_protocol_class = partial(GuardedProtocol, connections=connections)  # type: ignore[assignment]
        config.ws_protocol_class = None  # there is nothing here to speak WebSocket to
    else:
        logger.warning("connections are not guarded: start uvicorn without --http")
    if config.timeout_graceful_shutdown is None:
        config.timeout_graceful_shutdown = STOP_SECONDS
    logger.info("connections", extra={"limit": limit, "of_one_address": limit // 2})


async def end_with(server: Server | None, drain: Drain, ending: Ending) -> None:
    """End what is under way in order when the server is told to stop, shortly before it would break it off itself."""
    if server is not None:
        seconds = max(0.0, (server.config.timeout_graceful_shutdown or STOP_SECONDS) - CLOSING_SECONDS)
        await end_in_order(drain, ending, told=lambda: server.should_exit, seconds=seconds)


def connection_limit(wanted: int, files: int | None) -> int:
    """Return how many connections there may be, so that `files` (the process's limit) suffice for all else."""
    if files is None or files - FILES_OF_OUR_OWN >= wanted:
        return wanted
    limit = max(files - FILES_OF_OUR_OWN, files // 2)
    logger.warning("too few open files are allowed (ulimit -n)", extra={"files": files, "connections": limit})
    return limit


def raise_file_limit() -> int | None:
    """Let this process open as many files as it may, and return how many that are; None where there is no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # some systems have a lower limit that they do not tell
            return soft
        return wanted
    return None if soft == resource.RLIM_INFINITY else soft
