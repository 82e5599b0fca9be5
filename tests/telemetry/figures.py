"""Reading what /metrics says."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from app.telemetry.exposition import Figures


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return each sample by its name and labels; a text that is not valid raises."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, labels: Mapping[str, str] | None = None) -> float:
    """Return one sample; 0 for one that is yet to be counted."""
    return samples(text).get((name, tuple(sorted((labels or {}).items()))), 0.0)


def counted(name: str, labels: Mapping[str, str] | None = None) -> float:
    """Return what the process has counted, without an app."""
    return value(Figures(lambda: ()).text().decode(), name, labels)
