"""Files of the corpus' kinds through the real app: what passages hold, under which name and section they are found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests import containers, documents
from tests.api import app_in, upload
from tests.reading.word_readings import cell

ROWS = [[f"BX-{1000 + n}", f"Bracket kind {n}", str(200 + n), f"{10 + n * 1.5:.2f}"] for n in range(60)]
HEAD = ["Part no.", "Description", "Weight g", "Price EUR"]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    with TestClient(app_in(tmp_path_factory.mktemp("reading"), new_stores)) as client:
        yield client


def passages(api: TestClient, name: str, content: bytes, client: str = "reader") -> list[dict[str, Any]]:
    answer = upload(api, (name, content), client_id=client).json()["documents"][0]
    assert answer["status"] == "ready", answer
    found = api.get(f"/api/v1/documents/{answer['document_id']}/chunks", params={"client_id": client, "limit": 100})
    chunks: list[dict[str, Any]] = found.json()["chunks"]
    return chunks


def found_in(api: TestClient, client: str, **filters: Any) -> list[dict[str, Any]]:
    body = {"query": "What is capped?", "client_id": client, "filters": filters}
    results: list[dict[str, Any]] = api.post("/api/v1/search", json=body).json()["results"]
    return results


def _docx() -> bytes:
    rows = "".join(f"<w:tr>{''.join(map(cell, row))}</w:tr>" for row in [HEAD, *ROWS])
    return documents.docx_of_body(documents.paragraph("Prices of May") + f"<w:tbl>{rows}</w:tbl>")


def _html() -> bytes:
    rows = "".join("<tr><td>" + "<td>".join(row) for row in ROWS)
    return f"<p>Prices<table><thead><tr><th>{'<th>'.join(HEAD)}</thead>{rows}</table>".encode()


TABLES = {
    "a.csv": "\n".join(["Prices of May", "", *(",".join(row) for row in [HEAD, *ROWS])]).encode(),
    "a.xlsx": containers.xlsx({"Data": [["Prices of May"], [], HEAD, *ROWS]}),
    "a.docx": _docx(),
    "a.html": _html(),
    "a.md": "\n".join("| " + " | ".join(row) + " |" for row in [HEAD, ["---"] * 4, *ROWS]).encode(),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_passage_of_a_table_holds_its_header(api: TestClient, name: str) -> None:
    with_rows = [chunk["text"] for chunk in passages(api, name, TABLES[name]) if "BX-1" in chunk["text"]]

    assert len(with_rows) > 3
    assert all("Weight g" in text for text in with_rows)


def test_each_heading_of_a_passage_finds_it_and_others_do_not(api: TestClient) -> None:
    text = "# Scope\n\nThe plant.\n\n# Liability\n\n## Cap\n\nCapped.\n\n## Exceptions\n\nNot capped.\n"
    (chunk,) = passages(api, "contract.md", text.encode(), "sections")

    assert chunk["section"] == "Scope"
    assert chunk["sections"] == ["Scope", "Liability", "Liability > Cap", "Liability > Exceptions"]
    for section in ("Scope", "Liability > Cap", ["Elsewhere", "Liability > Exceptions"]):
        (passage,) = found_in(api, "sections", section=section)
        assert passage["sections"] == chunk["sections"]
    assert found_in(api, "sections", section="Cap") == []


def test_a_slide_without_a_title_is_in_no_section(api: TestClient) -> None:
    def build(presentation: Any) -> None:
        from pptx.util import Inches

        titled = presentation.slides.add_slide(presentation.slide_layouts[5])
        titled.shapes.title.text = "Prices"
        bare = presentation.slides.add_slide(presentation.slide_layouts[6])
        bare.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "We meet on Monday."

    chunks = passages(api, "deck.pptx", containers.pptx(build))

    assert [(chunk["page"], chunk["section"]) for chunk in chunks] == [(1, "Prices"), (2, "")]


@pytest.mark.parametrize("given", ["Änderung.txt", "A\u0308nderung.txt", "Ä\u200bnde\u00adrung.txt"])
def test_a_name_is_found_however_it_is_composed(api: TestClient, given: str) -> None:
    client = f"names-{len(given)}-{ord(given[1])}"
    passages(api, given, b"The limit is capped.", client)

    assert [passage["source"] for passage in found_in(api, client, source="A\u0308nderung.txt")] == ["Änderung.txt"]


def test_a_workbook_without_values_says_so(api: TestClient) -> None:
    content = containers.xlsx({"Data": [["Item", "Cost"], ["Rent", 1200], ["Total", "=SUM(B2:B2)"]]})
    (document,) = upload(api, ("budget.xlsx", content), client_id="reader").json()["documents"]

    assert "no stored value" in document["warnings"][0]


def test_a_web_archive_under_the_name_of_a_page_is_refused(api: TestClient) -> None:
    archive = (
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
    )
    answer = upload(api, ("page.html", archive), client_id="reader")

    assert answer.status_code == 415
    assert "MHTML" in answer.json()["detail"]
