"""Whose vector stores, files and batches a key reaches."""

from typing import Any

from fastapi.testclient import TestClient

from app.openai.stores.batches import Batch
from tests.api import TEXT, upload
from tests.openai.service import ADMIN, NOWHERE, OTHER_TEXT


def _key(api: TestClient, client_id: str) -> dict[str, str]:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    key = api.post("/api/v1/clients", json={"client_id": client_id}, headers=admin).json()["api_key"]
    return {"Authorization": f"Bearer {key}"}


def test_a_key_reaches_its_own_store_and_files_alone(locked: TestClient) -> None:
    mine, theirs = _key(locked, "harbour"), _key(locked, "airport")
    admin = {"Authorization": f"Bearer {ADMIN}"}
    upload(locked, ("a.txt", TEXT.encode()), headers=mine)
    upload(locked, ("b.txt", OTHER_TEXT.encode()), headers=theirs)
    stores = "/v1/vector_stores"
    assert [one["id"] for one in locked.get(stores, headers=mine).json()["data"]] == ["harbour"]
    assert {one["id"] for one in locked.get(stores, headers=admin).json()["data"]} == {"harbour", "airport"}
    (own,) = locked.get(f"{stores}/default/files", headers=theirs).json()["data"]
    (file,) = locked.get(f"{stores}/default/files", headers=mine).json()["data"]
    batch = Batch(1_780_000_000, [file["id"]])
    nobodys = Batch(1_780_000_000, [NOWHERE])
    for method, path, body in (
        ("GET", "/files/{}", None),
        ("POST", "/files/{}", {"attributes": {"stolen": True}}),
        ("GET", "/files/{}/content", None),
        ("DELETE", "/files/{}", None),
        ("GET", "/files?after={}", None),
    ):
        paths = [f"{stores}/default{path.format(one)}" for one in (file["id"], NOWHERE)]
        _are_the_same_404([locked.request(method, one, json=body, headers=theirs) for one in paths])
    for method, path in (("GET", "/{}"), ("POST", "/{}/cancel"), ("GET", "/{}/files")):
        paths = [f"{stores}/default/file_batches{path.format(one.id)}" for one in (batch, nobodys)]
        _are_the_same_404([locked.request(method, one, headers=theirs) for one in paths])
    for path, bodies in (
        ("", [{"file_ids": [one]} for one in (file["id"], NOWHERE)]),
        ("/default/files", [{"file_id": one, "attributes": {"a": 1}} for one in (file["id"], NOWHERE)]),
        ("/default/file_batches", [{"file_ids": [own["id"], one]} for one in (file["id"], NOWHERE)]),
    ):
        _are_the_same_404([locked.post(f"{stores}{path}", json=body, headers=theirs) for body in bodies])
    mixed = Batch(1_780_000_000, [own["id"], file["id"]])
    seen = locked.get(f"{stores}/default/file_batches/{mixed.id}/files", headers=theirs).json()
    assert [one["id"] for one in seen["data"]] == [own["id"]]
    assert locked.get(f"{stores}/harbour/files/{file['id']}", headers=admin).json()["attributes"] == {}
    assert locked.get(f"{stores}/airport/files/{file['id']}", headers=admin).status_code == 404


def _are_the_same_404(answers: list[Any]) -> None:
    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json()) for answer in answers}) == 1


def test_an_erased_client_gets_no_store_by_a_key_that_is_gone(locked: TestClient) -> None:
    mine, admin = _key(locked, "harbour"), {"Authorization": f"Bearer {ADMIN}"}
    assert locked.delete("/api/v1/clients/harbour", headers=admin).is_success
    assert locked.post("/v1/vector_stores", json={}, headers=mine).status_code == 401
    assert locked.get("/v1/vector_stores/harbour", headers=admin).status_code == 404
