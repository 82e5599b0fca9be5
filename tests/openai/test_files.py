"""Files, used by OpenAI's own Python package over real HTTP."""

from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient

from tests.api import TEXT
from tests.openai.service import ADMIN, OTHER_TEXT, Service, refused


@pytest.fixture
def shipyard(quoting: Service) -> openai.OpenAI:
    return quoting.client("any", project="shipyard")


def _create(client: openai.OpenAI, name: str = "crane.txt", text: str = TEXT, **more: Any) -> Any:
    return client.files.create(file=(name, text.encode()), purpose=more.pop("purpose", "assistants"), **more)


def test_a_file_is_a_document_that_is_searched_at_once(quoting: Service, shipyard: openai.OpenAI) -> None:
    file = _create(shipyard)
    assert (file.object, file.filename, file.purpose, file.status) == ("file", "crane.txt", "assistants", "processed")
    assert file.bytes == len(TEXT.encode())
    assert shipyard.files.retrieve(file.id) == shipyard.files.wait_for_processing(file.id) == file
    (found,) = quoting.openai.vector_stores.search("shipyard", query="crane").data
    assert found.file_id == file.id
    assert quoting.http.get(f"/api/v1/documents/{file.id}").json()["client_id"] == "shipyard"
    assert _create(shipyard, "another-name.txt", purpose="user_data") == file, "the same bytes are the same file"
    gone = shipyard.files.delete(file.id)
    assert (gone.id, gone.deleted) == (file.id, True)
    refused(openai.NotFoundError, lambda: shipyard.files.retrieve(file.id), "document_not_found")


def test_the_content_is_the_text_that_was_read(shipyard: openai.OpenAI) -> None:
    long = "\n\n".join(f"Paragraph {n} tells of ship number {n}, and of her crew." for n in range(300))
    file = _create(shipyard, "fleet.txt", long)
    content = shipyard.files.content(file.id)
    assert content.text == long
    assert content.response.headers["content-type"] == "text/plain; charset=utf-8"
    assert content.response.headers["content-disposition"] == "attachment"
    shipyard.files.delete(file.id)


def test_files_are_listed_page_by_page(quoting: Service) -> None:
    client = quoting.client("any", project="boatyard")
    made = [_create(client, f"{n}.txt", f"{TEXT} Number {n}.").id for n in range(5)]
    assert [file.id for file in client.files.list(limit=2)] == made[::-1]
    first = client.files.list(limit=2)
    assert first.has_more
    assert first.model_extra == {"first_id": made[4], "last_id": made[3], "object": "list"} | (first.model_extra or {})
    assert [file.id for file in client.files.list(purpose="user_data")] == made[::-1]
    assert client.files.list(purpose="batch").data == []
    refused(openai.BadRequestError, lambda: client.files.list(order="asc"), "invalid_input", "order")
    refused(openai.NotFoundError, lambda: client.files.list(after="doc_nothing"), "document_not_found")


def test_an_empty_project_is_none(quoting: Service) -> None:
    (file,) = quoting.client("any", project="harbour").files.list().data
    for path in (f"/v1/files/{file.id}", f"/v1/files/{file.id}/content"):
        assert quoting.http.get(path, headers={"OpenAI-Project": ""}).status_code == 200, path


def test_labels_and_cutting_are_further_fields(quoting: Service, shipyard: openai.OpenAI) -> None:
    more = {"metadata": '{"year": 2026}', "tags": "cranes, ships", "chunk_size": "500"}
    file = _create(shipyard, "labelled.txt", OTHER_TEXT, extra_body=more)
    document = quoting.http.get(f"/api/v1/documents/{file.id}").json()
    assert (document["metadata"], document["tags"]) == ({"year": 2026}, ["cranes", "ships"])
    assert document["chunk_size"] == 500
    shipyard.files.delete(file.id)


def test_what_cannot_be_taken_in_is_refused_with_a_reason(shipyard: openai.OpenAI) -> None:
    for call, code, param in (
        (lambda: _create(shipyard, purpose="batch"), "unsupported_parameter", "purpose"),
        (
            lambda: _create(shipyard, expires_after={"anchor": "created_at", "seconds": 3600}),
            "unsupported_parameter",
            "expires_after[anchor]",
        ),
        (lambda: _create(shipyard, text=""), "empty_file", None),
        (lambda: shipyard.post("/files", body={}, cast_to=object), "no_files", None),
    ):
        refused(openai.BadRequestError, call, code, param)
    with pytest.raises(openai.APIStatusError) as caught:
        _create(shipyard, "film.mp4", "\0\0\0 ftypisom")
    assert (caught.value.status_code, caught.value.code) == (415, "unsupported_type")


def test_an_upload_is_done_once_under_a_key_for_each_client(quoting: Service) -> None:
    key = {"Idempotency-Key": "7d5f0a52-0c5b-4a57-9d44-1f4b0ce6a1b7"}
    client, other = quoting.client("any", project="quayside"), quoting.client("any", project="drydock")
    file = _create(client, extra_headers=key)
    client.files.delete(file.id)
    assert _create(client, extra_headers=key) == file, "the first answer again"
    assert client.files.list().data == []
    with pytest.raises(openai.ConflictError):
        _create(other, extra_headers=key)


def _key(api: TestClient, client_id: str) -> dict[str, str]:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    key = api.post("/api/v1/clients", json={"client_id": client_id}, headers=admin).json()["api_key"]
    return {"Authorization": f"Bearer {key}"}


def test_a_key_has_its_own_clients_files(locked: TestClient) -> None:
    harbour, airport = _key(locked, "harbour"), _key(locked, "airport")
    admin = {"Authorization": f"Bearer {ADMIN}"}

    def create(headers: dict[str, str], **more: str) -> Any:
        files = {"file": ("crane.txt", TEXT.encode())}
        return locked.post("/v1/files", files=files, data={"purpose": "assistants"}, headers=headers | more)

    mine = create(harbour).json()["id"]
    assert locked.get(f"/v1/files/{mine}", headers=harbour).status_code == 200
    assert locked.get(f"/v1/files/{mine}", headers=admin).status_code == 200
    for path in ("", "/content"):
        theirs = locked.get(f"/v1/files/{mine}{path}", headers=airport)
        assert theirs.json() == locked.get(f"/v1/files/doc_nothing{path}", headers=airport).json()
        assert theirs.status_code == 404
    assert locked.delete(f"/v1/files/{mine}", headers=airport).status_code == 404
    assert create(airport, **{"OpenAI-Project": "harbour"}).json()["error"]["code"] == "client_not_found"
    assert create(airport, **{"OpenAI-Project": "default"}).status_code == 200
    assert create(admin, **{"OpenAI-Project": "harbour"}).json()["id"] == mine
    assert [file["id"] for file in locked.get("/v1/files", headers=harbour).json()["data"]] == [mine]
