"""How things stand at a moment, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a figure, with what tells it from the figure's others."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that goes up and down; all its values have the same names of labels."""

    name: str
    text: str
    values: Sequence[Value]


def gauge(name: str, text: str, value: float) -> Gauge:
    """Return a figure with one value."""
    return Gauge(f"rag_{name}", text, [Value(value)])


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Gauge:
    """Return a figure with a value for each of the label's."""
    return Gauge(f"rag_{name}", text, [Value(value, {label: name}) for name, value in values.items()])


def family(figure: Gauge) -> GaugeMetricFamily:
    """Return the figure as Prometheus's library has it."""
    names = list(figure.values[0].labels) if figure.values else []
    made = GaugeMetricFamily(figure.name, figure.text, labels=names)
    for value in figure.values:
        made.add_metric([value.labels[name] for name in names], value.value)
    return made
