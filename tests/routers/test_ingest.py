"""Uploading over HTTP."""

import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import TEXT, AppFactory, ask, assert_problem, upload

CRANE = ("crane.txt", TEXT.encode())


def _is_empty(api: TestClient) -> bool:
    listed = api.get("/api/v1/chat/collections").json()
    return bool(listed == {"collections": [], "total": 0})


def test_an_upload_without_a_client_makes_one(api: TestClient) -> None:
    response = upload(api, CRANE)
    assert response.status_code == 200
    body = response.json()
    assert body["message"] == f"Documents ingested successfully for client {body['client_id']}"
    assert body["client_id"].startswith("client_")
    assert body["documents_processed"] == 1
    assert body["chunks_created"] == body["documents"][0]["chunks"] >= 1
    assert body["documents"][0]["status"] == "ready"
    assert body["documents"][0]["filename"] == "crane.txt"


def test_two_uploads_without_a_client_make_two(api: TestClient) -> None:
    assert upload(api, CRANE).json()["client_id"] != upload(api, CRANE).json()["client_id"]


def test_several_files_go_to_the_named_client(api: TestClient) -> None:
    body = upload(api, CRANE, ("notes.md", b"# Tides\n\nHigh water is at noon."), client_id="harbour").json()
    assert body["client_id"] == "harbour"
    assert body["documents_processed"] == 2
    assert api.get("/api/v1/chat/collections/harbour/stats").json()["document_count"] == 2


def test_chunk_settings_of_the_request_are_used(api: TestClient) -> None:
    text = ("A sentence about cranes and ships. " * 40).encode()
    few = upload(api, ("a.txt", text), client_id="few-chunks", chunk_size="1000", chunk_overlap="0").json()
    many = upload(api, ("a.txt", text), client_id="many-chunks", chunk_size="100", chunk_overlap="20").json()
    assert many["chunks_created"] > 5 * few["chunks_created"]


def test_a_small_chunk_size_alone_gets_an_overlap_that_fits(api: TestClient) -> None:
    assert upload(api, CRANE, chunk_size="100").status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"chunk_size": "99"}, "invalid_input"),
        ({"chunk_size": "8001"}, "invalid_input"),
        ({"chunk_size": "many"}, "invalid_input"),
        ({"chunk_size": ["200", "300"]}, "invalid_input"),
        ({"replace": "1"}, "invalid_input"),
        ({"replace": "null"}, "invalid_input"),
        ({"replace": ["true", "false"]}, "invalid_input"),
        ({"chunk_overlap": "-1"}, "invalid_input"),
        ({"chunk_size": "200", "chunk_overlap": "200"}, "invalid_chunk_settings"),
        ({"chunk_size": "200", "chunk_overlap": "300"}, "invalid_chunk_settings"),
        ({"client_id": "../x"}, "invalid_client_id"),
        ({"client_id": "a"}, "invalid_client_id"),
        ({"client_id": "a..b"}, "invalid_client_id"),
        ({"client_id": "x" * 64}, "invalid_client_id"),
        ({"client_id": "spaces in it"}, "invalid_client_id"),
        ({"client_id": "nul\x00nul"}, "invalid_client_id"),
    ],
)
def test_bad_fields_are_refused_and_change_nothing(api: TestClient, fields: dict[str, Any], code: str) -> None:
    assert_problem(upload(api, CRANE, **fields), 422, code)
    assert _is_empty(api)


def test_a_file_in_place_of_a_value_is_refused(api: TestClient) -> None:
    files = [("files", ("a.txt", TEXT.encode(), "text/plain")), ("replace", ("true", b"true", "text/plain"))]
    assert_problem(api.post("/api/v1/ingest/", files=files), 422, "invalid_input")


def test_no_files_is_refused(api: TestClient) -> None:
    assert_problem(api.post("/api/v1/ingest/", data={"client_id": "harbour"}), 422, "no_files")
    assert_problem(api.post("/api/v1/ingest/", files={"other": CRANE}), 422, "no_files")
    assert_problem(api.post("/api/v1/ingest/"), 422, "no_files")
    assert_problem(api.post("/api/v1/ingest/", json={"files": []}), 422, "no_files")


def test_a_broken_form_is_refused(api: TestClient) -> None:
    headers = {"content-type": "multipart/form-data"}
    assert_problem(api.post("/api/v1/ingest/", content=b"nothing", headers=headers), 400, "bad_request")


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (("empty.txt", b""), 422, "empty_file"),
        (("blank.txt", b" \n\t "), 422, "empty_file"),
        (("tool.exe", b"MZ" + bytes(100)), 415, "unsupported_type"),
        (("nothing", b"text"), 415, "unsupported_type"),
        (("tool.pdf", b"MZ" + bytes(200)), 415, "type_mismatch"),
        (("broken.pdf", b"%PDF-1.4\n%nothing behind it"), 422, "corrupt"),
        (("n" * 400 + ".txt", b"text"), 422, "bad_name"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(
    api: TestClient, file: tuple[str, bytes], status: int, code: str
) -> None:
    assert_problem(upload(api, file, client_id="harbour"), status, code)
    assert _is_empty(api)
    assert api.get("/api/v1/chat/collections/harbour/stats").json()["exists"] is False


def _raw_form(filename: bytes, end: bytes = b"\r\n--b--\r\n") -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + filename + b'"\r\n\r\n'
    return head + TEXT.encode() + end


@pytest.mark.parametrize("name", [b"bad\x07name.txt", b"nul\x00.txt", "\u202etxt.exe".encode() + b".txt"])
def test_a_name_that_lies_is_refused(api: TestClient, name: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = api.post("/api/v1/ingest/", content=_raw_form(name), headers=headers)
    assert response.status_code in (400, 422)
    assert response.json()["code"] in ("bad_name", "bad_request")
    assert _is_empty(api)


def test_an_upload_that_is_cut_off_is_refused(api: TestClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = api.post("/api/v1/ingest/", content=_raw_form(b"a.txt", end=b""), headers=headers)
    assert_problem(response, 400, "bad_request")
    assert _is_empty(api)


def test_a_bad_file_does_not_touch_the_others(api: TestClient) -> None:
    body = upload(api, CRANE, ("tool.exe", b"MZ"), ("b.md", b"# Ships\n\nShips sail."), client_id="harbour").json()
    assert [document["status"] for document in body["documents"]] == ["ready", "failed", "ready"]
    assert body["documents"][1]["error"]["code"] == "unsupported_type"
    assert body["message"] == "2 of 3 documents ingested for client harbour; 1 failed"
    assert body["documents_processed"] == 2


def test_a_file_over_the_limit_fails_alone(make_client: AppFactory) -> None:
    api = make_client(max_upload_mb=1)
    body = upload(api, ("big.txt", b"x" * ((1 << 20) + 1)), CRANE, client_id="harbour").json()
    assert [document["status"] for document in body["documents"]] == ["failed", "ready"]
    assert body["documents"][0]["error"]["code"] == "too_large"
    assert_problem(upload(api, ("big.txt", b"x" * ((1 << 20) + 1)), client_id="other"), 413, "too_large")


def test_a_file_of_exactly_the_limit_is_taken(make_client: AppFactory) -> None:
    api = make_client(max_upload_mb=1, chunk_size=8000)
    text = (b"harbour " * (1 << 17))[: 1 << 20]
    assert upload(api, ("limit.txt", text), client_id="harbour").status_code == 200


def test_a_body_over_all_limits_is_cut_off(make_client: AppFactory) -> None:
    api = make_client(max_upload_mb=1, max_files_per_upload=2)
    assert_problem(upload(api, ("big.txt", b"x" * (4 << 20))), 413, "too_large")


def test_a_body_without_a_length_is_counted(make_client: AppFactory) -> None:
    api = make_client(max_upload_mb=1, max_files_per_upload=1)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    blocks = (head if number == 0 else b"x" * 65536 for number in range(100))
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert_problem(api.post("/api/v1/ingest/", content=blocks, headers=headers), 413, "too_large")


def test_too_many_files_are_refused(make_client: AppFactory) -> None:
    api = make_client(max_files_per_upload=2)
    assert_problem(upload(api, *[(f"{n}.txt", b"text") for n in range(3)]), 413, "too_many_files")
    assert_problem(upload(api, *[(f"{n}.txt", b"text") for n in range(9)]), 413, "too_many_files")
    assert _is_empty(api)


def test_the_same_content_again_adds_nothing(api: TestClient) -> None:
    first = upload(api, CRANE, client_id="harbour").json()["documents"][0]
    again = upload(api, ("copy.txt", CRANE[1]), client_id="harbour").json()
    assert again["documents"][0]["status"] == "duplicate"
    assert again["documents"][0]["duplicate_of"] == first["document_id"]
    assert again["chunks_created"] == 0
    assert api.get("/api/v1/chat/collections/harbour/stats").json()["document_count"] == 1


def test_the_same_content_of_another_client_is_its_own(api: TestClient) -> None:
    upload(api, CRANE, client_id="harbour")
    assert upload(api, CRANE, client_id="airport").json()["documents"][0]["status"] == "ready"


def test_a_path_as_file_name_stays_a_name(api: TestClient, tmp_path: Path) -> None:
    body = upload(api, ("../../evil.txt", TEXT.encode()), client_id="harbour").json()
    assert body["documents"][0]["filename"] == "evil.txt"
    assert not list(tmp_path.rglob("evil*"))
    assert ask(api, "Who built the crane?", "harbour").json()["sources"][0]["source"] == "evil.txt"


def test_uploads_leave_no_file_behind(api: TestClient, tmp_path: Path) -> None:
    upload(api, CRANE, ("tool.exe", b"MZ"), client_id="harbour")
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_an_empty_file_field_of_a_browser_is_not_a_file(api: TestClient) -> None:
    parts: list[Any] = [("files", ("", io.BytesIO(b""))), ("files", CRANE)]
    assert api.post("/api/v1/ingest/", files=parts, data={"client_id": ""}).json()["documents_processed"] == 1


def _send_named(api: TestClient, disposition: bytes) -> Any:
    head = b'--B\r\nContent-Disposition: form-data; name="files"' + disposition
    body = head + b"\r\n\r\nSome text.\r\n--B--\r\n"
    return api.post("/api/v1/ingest/", content=body, headers={"content-type": "multipart/form-data; boundary=B"})


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"; filename*=utf-8''%D1%84%D0%B0%D0%B9%D0%BB.txt", "файл.txt"),
        (b"; filename*=UTF-8'ru'%D1%84.txt", "ф.txt"),
        (b"; filename*=iso-8859-1''caf%E9.txt", "café.txt"),
        (b";filename* = utf-8''a%20%22b%22%3B.txt", 'a "b";.txt'),
        (b"; filename=\"=?utf-8?B?0YQ=?=\"; filename*=utf-8''%D1%84.txt", "ф.txt"),
        (b"; filename*=utf-8''%D1%84.txt; filename=\"plain.txt\"", "ф.txt"),
        (b"; filename*=utf-8''..%2F..%2Fetc%2Fpasswd.txt", "passwd.txt"),
        (b"; filename=\"; filename*=utf-8''x.txt\"", "; filename*=utf-8''x.txt"),
    ],
)
def test_a_name_in_the_extended_notation_is_read(api: TestClient, disposition: bytes, name: str) -> None:
    response = _send_named(api, disposition)

    assert response.status_code == 200, response.text
    assert response.json()["documents"][0]["filename"] == name


@pytest.mark.parametrize("disposition", [b"; filename*=utf-8''%00.txt", b"; filename*=utf-8''", b"; filename*="])
def test_a_name_in_the_extended_notation_is_checked_as_others_are(api: TestClient, disposition: bytes) -> None:
    assert_problem(_send_named(api, disposition), 422, "bad_name")
