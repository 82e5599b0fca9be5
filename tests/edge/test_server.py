"""uvicorn's server is guarded however it was started, and takes no more connections than there are files for."""

import resource
import signal
from collections.abc import Iterator
from functools import partial

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.edge import server
from app.edge.protocol import GuardedProtocol


def _uvicorn(**options: object) -> uvicorn.Server:
    config = uvicorn.Config("tests.edge.test_server:_nothing", log_config=None, **options)  # type: ignore[arg-type]
    config.load()
    return uvicorn.Server(config)


async def _nothing(_scope: object, _receive: object, _send: object) -> None:
    """An application."""


@pytest.fixture
def _files() -> Iterator[None]:
    """Put the limit back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("_files")
def test_the_documented_command_is_guarded_without_flags() -> None:
    found = _uvicorn()
    with found.capture_signals():
        assert server.running_server() is found
    server.guard(found, max_connections=10)
    made: object = found.config.http_protocol_class
    assert isinstance(made, partial)
    assert made.func is GuardedProtocol
    assert found.config.timeout_graceful_shutdown == server.STOP_SECONDS


def test_under_anything_else_there_is_no_server() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert server.running_server() is None


@pytest.mark.usefixtures("_files")
def test_flags_that_were_given_stay_in_force(caplog: pytest.LogCaptureFixture) -> None:
    found = _uvicorn(timeout_graceful_shutdown=7, http="h11")
    server.guard(found, max_connections=10)
    assert found.config.timeout_graceful_shutdown == 7
    assert found.config.http_protocol_class is H11Protocol
    assert "not guarded" in caplog.text


@pytest.mark.usefixtures("_files")
def test_the_soft_limit_of_files_is_raised_to_the_hard_one() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    assert server.raise_file_limit() == min(hard, server.WANTED_FILES)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, server.WANTED_FILES)
    assert server.raise_file_limit() == min(hard, server.WANTED_FILES)


def test_connections_leave_files_for_all_else(caplog: pytest.LogCaptureFixture) -> None:
    assert server.connection_limit(4000, 65_536) == 4000
    assert server.connection_limit(4000, None) == 4000
    assert not caplog.records
    assert server.connection_limit(4000, 1024) == 512
    assert server.connection_limit(4000, 256) == 128
    assert "too few open files" in caplog.text
