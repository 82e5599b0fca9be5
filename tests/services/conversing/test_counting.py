"""Tables without a model: rows are counted and listed where there is no doubt, and single rows are quoted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests import containers
from tests.api import app_in, ask, upload

INCIDENTS = (
    "Incident,Place,Hours,Reporter\nINC-201,Quay,4,Alder\nINC-202,Crane,2,Birch\nINC-203,Quay,7,Alder\n\nTotal,,13,\n"
)
PRICES = b"<p>Goods.</p><table><tr><th>Article</th><th>Price</th></tr><tr><td>Rope</td><td>12 EUR</td></tr>" + (
    b"<tr><td>Anchor</td><td>90 EUR</td></tr><tr><td>Total</td><td>102 EUR</td></tr></table>"
)
STAFF = {
    "Drivers": [["Name", "Since"], ["Elm", "2020"], ["Fir", "2021"]],
    "Cooks": [["Name", "Since"], ["Oak", "2019"]],
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    with TestClient(app_in(tmp_path_factory.mktemp("counting"), new_stores)) as api:
        for client, name, content in (
            ("port", "incidents.csv", INCIDENTS.encode()),
            ("shop", "articles.html", PRICES),
            ("crew", "staff.xlsx", containers.xlsx(STAFF)),
            ("twice", "incidents-2023.csv", INCIDENTS.encode()),
            ("twice", "incidents-2024.csv", INCIDENTS.replace("INC-203,Quay,7,Alder\n", "").encode()),
        ):
            assert upload(api, (name, content), client_id=client).status_code == 200
        yield api


def said(api: TestClient, question: str, client: str) -> dict[str, Any]:
    body: dict[str, Any] = ask(api, question, client, use_memory=False).json()
    return body


@pytest.mark.parametrize(
    ("client", "question", "answer", "rows"),
    [
        ("port", "How many incidents are listed?", "Count: 3 [1]", "2-4"),
        ("port", "How many rows does the table incidents.csv have?", "Count: 3 [1]", "2-4"),
        ("port", "Wie viele Incidents sind in der Liste?", "Anzahl: 3 [1]", "2-4"),
        ("shop", "How many articles are there?", "Count: 2 [1]", "2-3"),
        ("shop", "List all articles", "Article, Price: [1]\n- Rope, 12 EUR\n- Anchor, 90 EUR", "2-3"),
        ("crew", "How many drivers are listed?", "Count: 2 [1]", "2-3"),
        ("twice", "How many incidents 2024 are listed?", "Count: 2 [1]", "2-3"),
    ],
)
def test_the_rows_of_the_table_that_is_named_are_counted(
    api: TestClient, client: str, question: str, answer: str, rows: str
) -> None:
    body = said(api, question, client)
    assert body["response"] == answer
    assert body["computation"]["rows"] == rows
    assert body["citations"]


@pytest.mark.parametrize(
    ("client", "question"),
    [
        ("port", "How many incidents are there at the quay?"),  # a filter takes a model
        ("port", "How many reporters are listed?"),  # rows or names?
        ("port", "How many hours are listed?"),
        ("port", "How many ships are listed?"),
        ("crew", "How many staff are listed?"),  # two sheets
        ("twice", "How many incidents are listed?"),  # two files
    ],
)
def test_in_doubt_nothing_is_counted(api: TestClient, client: str, question: str) -> None:
    assert said(api, question, client)["computation"] is None


@pytest.mark.parametrize(
    ("client", "question", "parts"),
    [
        ("port", "Where was INC-202?", ("INC-202", "Place: Crane")),
        ("port", "Who reported INC-203?", ("INC-203", "Reporter: Alder")),
        ("port", "How many hours did INC-201 take?", ("INC-201", "Hours: 4")),
        ("shop", "What is the price of the anchor?", ("Anchor", "Price: 90 EUR")),
        ("crew", "Since when is Oak here?", ("Oak", "Since: 2019")),
    ],
)
def test_a_row_is_quoted_with_the_names_of_its_columns(
    api: TestClient, client: str, question: str, parts: tuple[str, str]
) -> None:
    body = said(api, question, client)
    assert all(part in body["response"] for part in parts)
    assert body["citations"]


def test_nobody_counts_the_rows_of_another_client(api: TestClient) -> None:
    assert said(api, "How many articles are there?", "port")["computation"] is None
