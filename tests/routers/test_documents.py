"""Documents over HTTP: list, look into, replace, delete."""

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import TEXT, AppFactory, ask, assert_problem, upload

DOCUMENTS = "/api/v1/documents"
CRANE = ("crane.txt", TEXT.encode())
LONG = ("long.txt", b"\n\n".join(b"Paragraph %d is about ships and tides and harbours." % n for n in range(40)))


def add(api: TestClient, file: tuple[str, bytes] = CRANE, client_id: str = "harbour", **fields: Any) -> Any:
    return upload(api, file, client_id=client_id, **fields).json()["documents"][0]["document_id"]


def listed(api: TestClient, **params: Any) -> Any:
    return api.get(DOCUMENTS, params={"client_id": "harbour", **params}).json()


def put(api: TestClient, document_id: str, *files: tuple[str, bytes], **fields: str) -> Any:
    return api.put(f"{DOCUMENTS}/{document_id}", files=[("files", file) for file in files], data=fields)


def answer(api: TestClient) -> Any:
    return ask(api, "How much does the crane lift?", "harbour", use_memory=False).json()["response"]


def test_a_document_tells_what_it_is(api: TestClient) -> None:
    document_id = add(api, chunk_size="300", chunk_overlap="30")
    body = api.get(f"{DOCUMENTS}/{document_id}").json()
    assert body.pop("created_at") <= body.pop("updated_at")
    assert body == {
        "document_id": document_id,
        "client_id": "harbour",
        "filename": "crane.txt",
        "type": "txt",
        "status": "ready",
        "size_bytes": len(TEXT),
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "pages": 1,
        "characters": len(TEXT.strip()),
        "chunks": 1,
        "chunk_size": 300,
        "chunk_overlap": 30,
        "warnings": [],
        "metadata": {},
        "tags": [],
    }


def test_documents_are_listed_newest_first_and_paged(api: TestClient) -> None:
    ids = [add(api, (f"{n}.txt", b"File %d." % n)) for n in range(5)]
    add(api, client_id="airport")
    assert [document["document_id"] for document in listed(api)["documents"]] == ids[::-1]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = listed(api, limit=2, cursor=cursor)
        assert page["total"] == 5
        seen += [document["document_id"] for document in page["documents"]]
        cursor = page.get("next_cursor")
    assert seen == ids[::-1]


def test_the_list_is_filtered_by_status(api: TestClient) -> None:
    add(api)
    assert listed(api, status="ready")["total"] == 1
    assert listed(api, status="deleting") == {"documents": [], "total": 0}
    params = {"client_id": "harbour", "status": "odd"}
    assert_problem(api.get(DOCUMENTS, params=params), 422, "invalid_input")


def test_the_list_of_a_client_without_documents_is_empty(api: TestClient) -> None:
    assert listed(api) == {"documents": [], "total": 0}
    assert_problem(api.get(DOCUMENTS), 422, "client_required")


def test_chunks_come_in_order_and_make_up_the_text(api: TestClient) -> None:
    document_id = add(api, LONG, chunk_size="100", chunk_overlap="0")
    chunks: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"{DOCUMENTS}/{document_id}/chunks", params={"limit": 7, "cursor": cursor}).json()
        chunks += page["chunks"]
        cursor = page.get("next_cursor")
    assert len(chunks) == page["total"] == api.get(f"{DOCUMENTS}/{document_id}").json()["chunks"] > 14
    assert [chunk["index"] for chunk in chunks] == list(range(len(chunks)))
    text = LONG[1].decode()
    assert all(text[chunk["start"] : chunk["end"]] == chunk["text"] for chunk in chunks)
    assert set(chunks[0]) == {"index", "text", "page", "section", "sections", "start", "end"}


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²", "9" * 12])
def test_a_made_up_cursor_is_refused(api: TestClient, cursor: str) -> None:
    document_id = add(api)
    response = api.get(f"{DOCUMENTS}/{document_id}/chunks", params={"cursor": cursor})
    assert_problem(response, 422, "invalid_cursor")


def test_a_deleted_document_is_gone_from_everywhere(api: TestClient, tmp_path: Path) -> None:
    document_id = add(api, ("secret.txt", b"The xylophone vault opens at noon."))
    add(api)
    deleted = api.delete(f"{DOCUMENTS}/{document_id}")
    assert deleted.json() == {
        "message": f"Document {document_id} deleted",
        "document_id": document_id,
        "chunks_deleted": 1,
    }
    assert_problem(api.get(f"{DOCUMENTS}/{document_id}"), 404, "document_not_found")
    assert_problem(api.delete(f"{DOCUMENTS}/{document_id}"), 404, "document_not_found")
    assert listed(api)["total"] == 1
    stats = api.get("/api/v1/chat/collections/harbour/stats").json()
    assert (stats["document_count"], stats["chunk_count"]) == (1, 1)
    with sqlite3.connect(tmp_path / "chroma" / "chroma.sqlite3") as database:
        (left,) = database.execute("select count(*) from embedding_metadata where string_value like '%xylophone%'")
    database.close()
    assert left == (0,)
    assert (tmp_path / "data" / "compaction.due").exists()


def test_deleting_the_last_document_leaves_no_collection(api: TestClient) -> None:
    api.delete(f"{DOCUMENTS}/{add(api)}")
    assert_problem(ask(api, "Who built the crane?", "harbour"), 404, "collection_not_found")
    assert api.get("/api/v1/chat/collections").json()["total"] == 0


def test_a_replacement_takes_the_documents_place(api: TestClient) -> None:
    old = add(api, chunk_size="300", chunk_overlap="30")
    response = put(api, old, ("newer.txt", b"The harbour crane lifts fifty tonnes."))
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "ready"
    assert body["replaced"] == [old]
    new = api.get(f"{DOCUMENTS}/{body['document_id']}").json()
    assert (new["filename"], new["chunk_size"], new["chunk_overlap"]) == ("newer.txt", 300, 30)
    assert_problem(api.get(f"{DOCUMENTS}/{old}"), 404, "document_not_found")
    assert "fifty" in answer(api)
    assert api.get("/api/v1/chat/collections/harbour/stats").json()["chunk_count"] == 1


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (("empty.txt", b""), 422, "empty_file"),
        (("tool.exe", b"MZ"), 415, "unsupported_type"),
        (("broken.pdf", b"%PDF-1.4\n%nothing behind it"), 422, "corrupt"),
        (("big.txt", b"x" * ((1 << 20) + 1)), 413, "too_large"),
    ],
)
def test_a_failed_replacement_leaves_the_old(
    make_client: AppFactory, file: tuple[str, bytes], status: int, code: str
) -> None:
    api = make_client(max_upload_mb=1)
    old = add(api)
    assert_problem(put(api, old, file), status, code)
    assert [document["document_id"] for document in listed(api)["documents"]] == [old]
    assert "forty" in answer(api)


def test_a_replacement_with_what_is_there_already_changes_nothing(api: TestClient) -> None:
    old = add(api)
    body = put(api, old, ("same.txt", CRANE[1])).json()
    assert (body["status"], body["duplicate_of"], body["replaced"]) == ("duplicate", old, [])
    assert listed(api)["total"] == 1


def test_a_replacement_with_the_content_of_another_document_leaves_that_one(api: TestClient) -> None:
    old, other = add(api, ("old.txt", b"The crane lifts ten tonnes.")), add(api)
    body = put(api, old, ("copy.txt", CRANE[1])).json()
    assert (body["status"], body["duplicate_of"], body["replaced"]) == ("duplicate", other, [old])
    assert [document["document_id"] for document in listed(api)["documents"]] == [other]
    assert "forty" in answer(api)


def test_a_replacement_is_one_file(api: TestClient) -> None:
    old = add(api)
    assert_problem(put(api, old, CRANE, LONG), 422, "one_file")
    assert_problem(api.put(f"{DOCUMENTS}/{old}"), 422, "no_files")


def test_what_is_not_there_cannot_be_replaced(api: TestClient) -> None:
    assert_problem(put(api, "doc_" + "0" * 24, CRANE), 404, "document_not_found")
    add(api, client_id="airport")
    assert_problem(put(api, "doc_" + "0" * 24, LONG, client_id="airport"), 404, "document_not_found")
    assert api.get(DOCUMENTS, params={"client_id": "airport"}).json()["total"] == 1


def test_naming_another_client_finds_nothing(api: TestClient) -> None:
    document_id = add(api)
    add(api, client_id="airport")
    for method, path in (("get", ""), ("get", "/chunks"), ("delete", "")):
        response = api.request(method, f"{DOCUMENTS}/{document_id}{path}", params={"client_id": "airport"})
        assert_problem(response, 404, "document_not_found")
    assert listed(api)["total"] == 1


def test_other_chunk_settings_cut_the_same_content_anew(api: TestClient) -> None:
    old = add(api, LONG, chunk_size="1000", chunk_overlap="0")
    again = upload(api, LONG, client_id="harbour", chunk_size="100", chunk_overlap="0").json()["documents"][0]
    assert again["status"] == "ready"
    assert again["replaced"] == [old]
    assert listed(api)["total"] == 1
    stats = api.get("/api/v1/chat/collections/harbour/stats").json()
    assert stats["chunk_count"] == again["chunks"]


@pytest.mark.parametrize("cut", [{"chunk_size": "300", "chunk_overlap": "100"}, {}])
def test_a_documents_text_is_whole_however_it_is_cut(api: TestClient, cut: dict[str, str]) -> None:
    text = LONG[1].decode()
    assert api.get(f"/v1/files/{add(api, LONG, **cut)}/content").text == text
    rows = [f"Cog {n}" for n in range(200)]
    table = "\n".join(["Part,Price", *(f"{row},7.50" for row in rows)])
    read = api.get(f"/v1/files/{add(api, ('parts.csv', table.encode()), **cut)}/content").text
    assert [line.split(" |")[0].split(",")[0].strip("| ") for line in read.splitlines() if "Cog" in line] == rows
