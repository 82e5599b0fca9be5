"""Where a passage is from has one shape, wherever it is shown or stored."""

from fastapi.testclient import TestClient

from app.common.passages import Chunk, Passage
from tests.api import ask, upload


def test_a_reference_says_where_a_passage_is_from_and_not_what_it_says() -> None:
    chunk = Chunk("doc_1", 3, "The text.", 2, "Rules > Breaks", "guide.md", 40, 49)
    assert Passage(chunk, 0.123456).reference() == {
        "document_id": "doc_1",
        "source": "guide.md",
        "page": 2,
        "section": "Rules > Breaks",
        "sections": [],
        "chunk_index": 3,
        "start": 40,
        "end": 49,
        "score": 0.1235,
    }


def test_an_answer_is_stored_with_the_references_it_showed(api: TestClient) -> None:
    upload(api, client_id="harbour")
    shown = ask(api, "How much does the harbour crane lift?", "harbour", session_id="talk").json()["sources"]
    stored = api.get("/api/v1/sessions/talk/messages").json()["messages"][1]["sources"]
    # Neither the text nor what may change afterwards.
    assert stored == [
        {name: value for name, value in source.items() if name not in ("content", "metadata", "tags")}
        for source in shown
    ]
