"""The dashboard and the alerts in deploy/ ask for figures that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.api import AppFactory

DEPLOY = Path(__file__).parents[2] / "deploy"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def expressions() -> Iterator[tuple[str, str]]:
    dashboard = json.loads((DEPLOY / "grafana" / "conversational-rag.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        yield rule["alert"], rule["expr"]


@pytest.fixture
def figures(make_client: AppFactory) -> dict[str, str]:
    """The type of each family."""
    text = make_client().get("/metrics").text
    return {family.name: family.type for family in text_string_to_metric_families(text)}


def test_every_expression_asks_for_figures_that_there_are(figures: dict[str, str]) -> None:
    known = {name + suffix for name, kind in figures.items() for suffix in SUFFIXES.get(kind, ())}
    asked = {name: title for title, expr in expressions() for name in re.findall(r"\b(?:rag|process)_\w+", expr)}
    assert asked
    assert {name: title for name, title in asked.items() if name not in known} == {}


def test_every_figure_of_ours_is_in_the_manual(figures: dict[str, str]) -> None:
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    ours = {name + ("_total" if kind == "counter" else "") for name, kind in figures.items() if name.startswith("rag_")}
    named = set(re.findall(r"`(rag_\w+)`", page))
    assert named == ours
