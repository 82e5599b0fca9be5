"""The operator's routes."""

import io

from app.services.backup.restoring import verify
from tests.api import AppFactory, assert_problem, upload

ADMIN = "admin-key-of-the-admin-test"
BACKUP = "/api/v1/admin/backup"


def test_a_backup_is_sent_to_the_admin_alone(make_client: AppFactory) -> None:
    api = make_client(admin_api_key=ADMIN)
    admin = {"Authorization": f"Bearer {ADMIN}"}
    key = api.post("/api/v1/clients", json={"client_id": "harbour"}, headers=admin).json()["api_key"]
    upload(api, headers={"X-API-Key": key})
    assert_problem(api.post(BACKUP), 401, "not_authenticated")
    assert_problem(api.post(BACKUP, headers={"X-API-Key": key}), 403, "admin_key_required")

    response = api.post(BACKUP, headers=admin)
    assert response.headers["content-type"] == "application/x-tar"
    assert int(response.headers["content-length"]) == len(response.content)
    assert verify(io.BytesIO(response.content)).summary.documents == 1
    assert key.encode() not in response.content
