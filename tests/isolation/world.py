"""Two clients, one of them a victim, and how every route is called against the other's things."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from fastapi.testclient import TestClient

from app.openai.stores.batches import Batch
from tests.api import ask, upload

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.service import Services

ADMIN = "admin-key-of-the-isolation-test"
OPERATORS = {
    ("get", "/metrics"),
    ("get", "/api/v1/admin/usage"),
    ("post", "/api/v1/admin/backup"),
    ("post", "/api/v1/admin/reembed"),
    ("get", "/api/v1/admin/reembed"),
}
"""Show what is of all clients, and so take the admin key."""
SECRET = "The xylophone vault opens with zq7731."
FILE = "victims-own-file.txt"
SESSION = "victims-own-session"
FEEDBACK = "/api/v1/sessions/{session_id}/messages/{message_id}/feedback"
STORES = "/v1/vector_stores"
STORE = f"{STORES}/{{client_id}}"
STORE_FILE = f"{STORE}/files/{{file_id}}"
BATCH = f"{STORE}/file_batches/{{batch_id}}"


class Call(NamedTuple):
    """How to call a route against another's things; `shared` routes name nobody and answer with the caller's own."""

    path: str
    body: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    shared: bool = False
    project: str | None = None
    """The client that OpenAI's header names."""
    file_field: str = "files"


class Target(NamedTuple):
    """What a call is aimed at: the victim's, or names that nobody has."""

    client_id: str
    session_id: str
    document_id: str
    key_id: str
    job_id: str
    message_id: str

    @property
    def feedback(self) -> str:
        """Where feedback on the answer is."""
        return f"/api/v1/sessions/{self.session_id}/messages/{self.message_id}/feedback"

    @property
    def batch_id(self) -> str:
        """A batch of the document."""
        return Batch(1_780_000_000, [self.document_id]).id


# fmt: off
CALLS: dict[tuple[str, str], Any] = {
    ("post", "/api/v1/ingest/"): lambda t: Call("/api/v1/ingest/", form={"client_id": t.client_id}),
    ("get", "/api/v1/ingest/jobs"): lambda t: Call(f"/api/v1/ingest/jobs?client_id={t.client_id}"),
    ("get", "/api/v1/ingest/jobs/{job_id}"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}"),
    ("get", "/api/v1/ingest/jobs/{job_id}/events"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}/events"),
    ("post", "/api/v1/ingest/jobs/{job_id}/retry"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}/retry"),
    ("delete", "/api/v1/ingest/jobs/{job_id}"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}"),
    ("get", "/api/v1/documents"): lambda t: Call(f"/api/v1/documents?client_id={t.client_id}"),
    ("get", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}"),
    ("get", "/api/v1/documents/{document_id}/chunks"): lambda t: Call(f"/api/v1/documents/{t.document_id}/chunks"),
    ("put", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}", form={}),
    ("patch", "/api/v1/documents/{document_id}"): lambda t: Call(
        f"/api/v1/documents/{t.document_id}", {"metadata": {"stolen": True}, "tags": ["stolen"]}),
    ("delete", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}"),
    ("post", "/api/v1/chat/"): lambda t: Call(
        "/api/v1/chat/", {"message": "What opens the vault?", "client_id": t.client_id, "session_id": t.session_id}),
    ("post", "/api/v1/chat/stream"): lambda t: Call(
        "/api/v1/chat/stream",
        {"message": "What opens the vault?", "client_id": t.client_id, "session_id": t.session_id}),
    ("get", "/api/v1/chat/collections"): lambda _: Call("/api/v1/chat/collections", shared=True),
    ("get", "/api/v1/chat/collections/{client_id}/stats"): lambda t: Call(
        f"/api/v1/chat/collections/{t.client_id}/stats"),
    ("delete", "/api/v1/chat/collections/{client_id}"): lambda t: Call(f"/api/v1/chat/collections/{t.client_id}"),
    ("delete", "/api/v1/chat/{session_id}"): lambda t: Call(f"/api/v1/chat/{t.session_id}"),
    ("post", FEEDBACK): lambda t: Call(t.feedback, {"rating": "down", "comment": "Stolen."}),
    ("get", FEEDBACK): lambda t: Call(t.feedback),
    ("get", "/api/v1/clients/{client_id}/feedback"): lambda t: Call(f"/api/v1/clients/{t.client_id}/feedback"),
    ("get", "/api/v1/clients/{client_id}/feedback/export"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/feedback/export"),
    ("delete", FEEDBACK): lambda t: Call(t.feedback),
    ("get", "/api/v1/sessions/stats"): lambda _: Call("/api/v1/sessions/stats", shared=True),
    ("get", "/api/v1/sessions/list"): lambda _: Call("/api/v1/sessions/list", shared=True),
    ("get", "/api/v1/sessions/{session_id}/info"): lambda t: Call(f"/api/v1/sessions/{t.session_id}/info"),
    ("delete", "/api/v1/sessions/{session_id}"): lambda t: Call(f"/api/v1/sessions/{t.session_id}"),
    ("get", "/api/v1/sessions"): lambda _: Call("/api/v1/sessions", shared=True),
    ("get", "/api/v1/sessions/{session_id}/messages"): lambda t: Call(f"/api/v1/sessions/{t.session_id}/messages"),
    ("get", "/api/v1/sessions/{session_id}/export"): lambda t: Call(
        f"/api/v1/sessions/{t.session_id}/export?format=markdown"),
    ("patch", "/api/v1/sessions/{session_id}"): lambda t: Call(f"/api/v1/sessions/{t.session_id}", {"title": None}),
    ("post", "/api/v1/sessions/cleanup"): lambda _: Call("/api/v1/sessions/cleanup", shared=True),
    ("post", "/api/v1/clients"): lambda t: Call("/api/v1/clients", {"client_id": t.client_id}),
    ("get", "/api/v1/clients"): lambda _: Call("/api/v1/clients", shared=True),
    ("get", "/api/v1/clients/{client_id}"): lambda t: Call(f"/api/v1/clients/{t.client_id}"),
    ("get", "/api/v1/clients/{client_id}/usage"): lambda t: Call(f"/api/v1/clients/{t.client_id}/usage"),
    ("get", "/api/v1/clients/{client_id}/budgets"): lambda t: Call(f"/api/v1/clients/{t.client_id}/budgets"),
    ("put", "/api/v1/clients/{client_id}/budgets"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/budgets", {"tokens_a_day": 0}),
    ("get", "/api/v1/admin/usage"): lambda _: Call("/api/v1/admin/usage", shared=True),
    ("get", "/api/v1/clients/{client_id}/settings"): lambda t: Call(f"/api/v1/clients/{t.client_id}/settings"),
    ("put", "/api/v1/clients/{client_id}/settings"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/settings", {"system_prompt": "Say all you know."}),
    ("delete", "/api/v1/clients/{client_id}"): lambda t: Call(f"/api/v1/clients/{t.client_id}"),
    ("post", "/api/v1/clients/{client_id}/keys"): lambda t: Call(f"/api/v1/clients/{t.client_id}/keys", {}),
    ("get", "/api/v1/clients/{client_id}/keys"): lambda t: Call(f"/api/v1/clients/{t.client_id}/keys"),
    ("delete", "/api/v1/clients/{client_id}/keys/{key_id}"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/keys/{t.key_id}"),
    ("post", "/api/v1/admin/reembed"): lambda _: Call("/api/v1/admin/reembed", shared=True),
    ("get", "/api/v1/admin/reembed"): lambda _: Call("/api/v1/admin/reembed", shared=True),
    ("post", "/api/v1/search"): lambda t: Call(
        "/api/v1/search", {"query": "What opens the vault?", "client_id": t.client_id}),
    ("post", "/v1/chat/completions"): lambda t: Call(
        "/v1/chat/completions",
        {"model": t.client_id, "messages": [{"role": "user", "content": "What opens the vault?"}]}),
    ("get", "/v1/models"): lambda _: Call("/v1/models", shared=True),
    ("get", "/v1/models/{model}"): lambda t: Call(f"/v1/models/{t.client_id}"),
    ("post", "/v1/vector_stores/{client_id}/search"): lambda t: Call(
        f"/v1/vector_stores/{t.client_id}/search", {"query": "What opens the vault?"}),
    ("post", "/v1/responses"): lambda t: Call(
        "/v1/responses", {"model": t.client_id, "input": "What opens the vault?"}),
    ("post", "/v1/embeddings"): lambda t: Call(
        "/v1/embeddings", {"model": "default", "input": "What opens the vault?"}, project=t.client_id),
    ("post", "/v1/files"): lambda t: Call(
        "/v1/files", form={"purpose": "assistants"}, project=t.client_id, file_field="file"),
    ("get", "/v1/files"): lambda t: Call("/v1/files", project=t.client_id),
    ("get", "/v1/files/{file_id}"): lambda t: Call(f"/v1/files/{t.document_id}"),
    ("get", "/v1/files/{file_id}/content"): lambda t: Call(f"/v1/files/{t.document_id}/content"),
    ("delete", "/v1/files/{file_id}"): lambda t: Call(f"/v1/files/{t.document_id}"),
    ("get", STORES): lambda t: Call(STORES, project=t.client_id),
    ("post", STORES): lambda t: Call(STORES, {"file_ids": [t.document_id]}, project=t.client_id),
    ("get", STORE): lambda t: Call(f"{STORES}/{t.client_id}"),
    ("delete", STORE): lambda t: Call(f"{STORES}/{t.client_id}"),
    ("post", f"{STORE}/files"): lambda t: Call(
        f"{STORES}/{t.client_id}/files", {"file_id": t.document_id, "attributes": {"stolen": True}}),
    ("get", f"{STORE}/files"): lambda t: Call(f"{STORES}/{t.client_id}/files"),
    ("get", STORE_FILE): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}"),
    ("post", STORE_FILE): lambda t: Call(
        f"{STORES}/{t.client_id}/files/{t.document_id}", {"attributes": {"stolen": True}}),
    ("delete", STORE_FILE): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}"),
    ("get", f"{STORE_FILE}/content"): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}/content"),
    ("post", f"{STORE}/file_batches"): lambda t: Call(
        f"{STORES}/{t.client_id}/file_batches", {"file_ids": [t.document_id], "attributes": {"stolen": True}}),
    ("get", BATCH): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}"),
    ("post", f"{BATCH}/cancel"): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}/cancel"),
    ("get", f"{BATCH}/files"): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}/files"),
    ("get", "/metrics"): lambda _: Call("/metrics", shared=True),
    ("post", "/api/v1/admin/backup"): lambda _: Call("/api/v1/admin/backup", shared=True),
}
# fmt: on
COUNTED = {
    ("post", "/api/v1/ingest/"),
    ("put", "/api/v1/documents/{document_id}"),
    ("post", "/api/v1/chat/"),
    ("post", "/api/v1/chat/stream"),
    ("post", "/api/v1/search"),
    ("post", "/v1/chat/completions"),
    ("post", "/v1/vector_stores/{client_id}/search"),
    ("post", "/v1/responses"),
    ("post", "/v1/embeddings"),
    ("post", "/v1/files"),
}
OPEN_TO_ALL = {("get", "/health"), ("get", "/health/live"), ("get", "/health/ready")}
PAGES = ("/docs", "/redoc", "/openapi.json", "/ui")


class World:
    """The app in locked mode with a victim, who has everything one can have, and an attacker with a key."""

    def __init__(self, api: TestClient) -> None:
        self.api = api
        self.admin = {"Authorization": f"Bearer {ADMIN}"}
        self.victim, victim_key_id = self._client("victim-co")
        self.attacker, _ = self._client("attacker-co")
        labels = {"metadata": json.dumps({"owner": "xylophone maker"}), "tags": "zq7731"}
        body = upload(api, (FILE, SECRET.encode()), headers=self.victim, **labels).json()
        asked = ask(api, "What opens the vault?", "victim-co", session_id=SESSION, headers=self.victim)
        upload(api, ("own.txt", b"The attacker's own words about bananas."), headers=self.attacker)
        document_id, job_id = body["documents"][0]["document_id"], self._cancelled_job()
        message_id = asked.json()["message_id"]
        self.target = Target("victim-co", SESSION, document_id, victim_key_id, job_id, message_id)
        api.post(self.target.feedback, json={"rating": "up", "comment": SECRET}, headers=self.victim)
        self.nobody = Target(
            "nobody-co", "nobodys-session", "doc_" + "0" * 24, "0" * 16, "job_" + "0" * 24, f"msg_{'0' * 16}_2"
        )

    def _client(self, client_id: str) -> tuple[dict[str, str], str]:
        body = self.api.post("/api/v1/clients", json={"client_id": client_id}, headers=self.admin).json()
        return {"Authorization": f"Bearer {body['api_key']}"}, body["key_id"]

    def _cancelled_job(self) -> str:
        """Make a job of the victim's that stands still: one can look at it, follow it, retry it and cancel it."""
        services: Services = cast("FastAPI", self.api.app).state.services
        services.jobs.interrupt()
        parts = [("files", ("victims-own-job.txt", SECRET.encode()))]
        job_id: str = self.api.post("/api/v1/ingest/?async=true", files=parts, headers=self.victim).json()["job_id"]
        self.api.delete(f"/api/v1/ingest/jobs/{job_id}", headers=self.victim)
        return job_id

    def call(self, route: tuple[str, str], target: Target, headers: dict[str, str]) -> Any:
        """Call a route aimed at the target."""
        call: Call = CALLS[route](target)
        if call.project is not None:
            headers = {**headers, "OpenAI-Project": call.project}
        if call.form is not None:
            files = [(call.file_field, ("bait.txt", b"Bait."))]
            return self.api.request(route[0], call.path, data=call.form, files=files, headers=headers)
        return self.api.request(route[0], call.path, json=call.body, headers=headers)

    def victims_view(self) -> list[Any]:
        """All that the victim and the operator can see of the victim, without what changes by looking."""
        get = self.api.get
        answer = ask(self.api, "What opens the vault?", "victim-co", use_memory=False, headers=self.victim).json()
        return [
            answer["response"],
            answer["sources"],
            get("/api/v1/chat/collections", headers=self.victim).json(),
            get("/api/v1/chat/collections/victim-co/stats", headers=self.victim).json(),
            get(f"/api/v1/sessions/{SESSION}/info", headers=self.victim).json(),
            get("/api/v1/sessions/list", headers=self.victim).json(),
            get("/api/v1/clients/victim-co", headers=self.victim).json(),
            get("/api/v1/clients/victim-co/settings", headers=self.victim).json(),
            [one["limit"] for one in get("/api/v1/clients/victim-co/budgets", headers=self.victim).json()["budgets"]],
            get("/api/v1/sessions", headers=self.victim).json(),
            get("/api/v1/documents", headers=self.victim).json(),
            get("/api/v1/clients/victim-co/feedback", headers=self.victim).json(),
            get("/api/v1/ingest/jobs", headers=self.victim).json(),
            get(f"/api/v1/ingest/jobs/{self.target.job_id}", headers=self.victim).json(),
            [key["key_id"] for key in get("/api/v1/clients/victim-co/keys", headers=self.admin).json()["keys"]],
        ]


FILTERS: list[dict[str, Any]] = [
    {"type": "eq", "key": "tags", "value": "zq7731"},
    {"type": "ne", "key": "tags", "value": "nothing"},
    {"type": "contains", "key": "metadata.owner", "value": "xylophone"},
    {"type": "ne", "key": "metadata.owner", "value": "' OR 1=1 --"},
    {"type": "in", "key": "document_id", "value": ["' OR ''='", "%"]},
    {"type": "nin", "key": "source", "value": ["x"]},
    {"type": "gte", "key": "created_at", "value": 0},
    {
        "type": "or",
        "filters": [{"type": "eq", "key": "tags", "value": "zq7731"}, {"type": "gte", "key": "page", "value": 0}],
    },
]
