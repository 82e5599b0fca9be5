"""Write a data folder with the code as it stands, for the tests of later versions: run once for each release.

    python -m tests.compatibility.make_data VERSION

Makes `data/VERSION.tar.gz` beside this file: what a small installation has on disk, and in `expected.json` what its API
answered. The embedding model is the real one, as its name and vectors are part of the format.
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.config import Settings
from app.main import create_app

DATA = Path(__file__).with_name("data")
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
ADMIN = "admin-key-of-the-fixture"
SESSION = "a-session-of-the-fixture"
QUESTION = "How long is the warranty on the frame?"
CRANE = b"The harbour crane lifts forty tonnes. It was built in 1962 by the Oskarsson works.\n"


def settings_in(folder: Path) -> Settings:
    """Return settings whose files all lie in `folder`."""
    data = folder / "data"
    return Settings(
        _env_file=None,
        admin_api_key=ADMIN,
        data_path=data,
        session_db_path=data / "sessions.db",
        vector_store_path=folder / "chroma",
    )


def write(version: str) -> Path:
    """Fill a folder through the API and pack it."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with TestClient(create_app(settings_in(folder))) as api:
            expected = _fill(api)
        (folder / "expected.json").write_text(json.dumps(expected, indent=1))
        archive = DATA / f"{version}.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(folder, arcname=".", filter=_without_models)
    return archive


def _fill(api: TestClient) -> dict[str, Any]:
    api.headers["X-API-Key"] = ADMIN
    keys = {name: api.post("/api/v1/clients", json={"client_id": name}).json()["api_key"] for name in ("acme", "port")}
    for name in ("frequently-asked-questions.md", "warranty.doc"):
        _upload(api, "acme", name, (SAMPLES / name).read_bytes())
    gone = _upload(api, "acme", "gone.txt", b"This document is deleted again.")
    api.delete(f"/api/v1/documents/{gone['document_id']}").raise_for_status()
    _upload(api, "port", "crane.txt", CRANE, chunk_size="300", chunk_overlap="50")
    api.put("/api/v1/clients/port/settings", json={"language": "German", "top_k": 3}).raise_for_status()
    asked = {"message": QUESTION, "client_id": "acme", "session_id": SESSION}
    answer = api.post("/api/v1/chat/", json=asked).raise_for_status().json()
    return {
        "keys": keys,
        "answer": answer["response"],
        "sources": [source["source"] for source in answer["sources"]],
        "documents": {name: _documents(api, name) for name in keys},
        "messages": api.get(f"/api/v1/sessions/{SESSION}/messages").json()["messages"],
        "settings": api.get("/api/v1/clients/port/settings").json(),
    }


def _upload(api: TestClient, client: str, name: str, content: bytes, **fields: str) -> dict[str, Any]:
    response = api.post("/api/v1/ingest/", files=[("files", (name, content))], data={"client_id": client, **fields})
    document: dict[str, Any] = response.raise_for_status().json()["documents"][0]
    return document


def _documents(api: TestClient, client: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = api.get(f"/api/v1/documents?client_id={client}").json()["documents"]
    return listed


def _without_models(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if "data/models" in member.name or member.name.endswith(".lock") else member


if __name__ == "__main__":
    print(write(sys.argv[1]))
