"""Figures as text, in the format that Prometheus reads."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector
from typing_extensions import override

from app.telemetry.families import EVENTS
from app.telemetry.state import Gauge, family

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """All that is counted, and how one service stands, as text. Safe to use from many threads."""

    def __init__(self, state: Callable[[], Iterable[Gauge]]) -> None:
        """`state` is asked at each call for how things stand."""
        self._state = CollectorRegistry(auto_describe=False)
        self._state.register(_State(state))

    def text(self) -> bytes:
        """Return all figures."""
        return generate_latest(EVENTS) + generate_latest(self._state)


class _State(Collector):
    def __init__(self, read: Callable[[], Iterable[Gauge]]) -> None:
        self._read = read

    @override
    def collect(self) -> Iterable[Metric]:
        return map(family, self._read())

    def describe(self) -> Iterable[Metric]:
        """Name nothing: the library would ask for the state while it is being opened."""
        return ()
