"""`ask`, `documents`, `jobs`: look at a running service from the command line."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.commands.remote import Remote
from app.commands.tables import print_table, whole

SHOWN_JOBS = 50


def ask(remote: Remote, question: str, *, client_id: str, session_id: str | None, console: Console) -> None:
    """Print the answer and the passages it rests on."""
    body: dict[str, object] = {"message": question, "client_id": client_id, "use_memory": session_id is not None}
    if session_id is not None:
        body["session_id"] = session_id
    answer = remote.post("/api/v1/chat/", body)
    console.print(escape(answer["response"]))
    table = Table(*whole("#", "File", "Page"), "Section", *whole("Score"))
    for source in answer["sources"]:
        number, page, score = str(source["citation"]), str(source["page"]), f"{source['score']:.2f}"
        table.add_row(number, escape(source["source"]), page, escape(source["section"]), score)
    print_table(console, table)


def list_documents(remote: Remote, *, client_id: str, status: str | None, console: Console) -> None:
    """Print all documents of a client."""
    table = Table(*whole("Document", "File", "Type", "State", "Pages", "Chunks", "Bytes", "Added"))
    for document in remote.pages("/api/v1/documents", "documents", client_id=client_id, status=status):
        table.add_row(
            document["document_id"],
            escape(document["filename"]),
            document["type"],
            document["status"],
            str(document["pages"]),
            str(document["chunks"]),
            str(document["size_bytes"]),
            _time(document["created_at"]),
        )
    print_table(console, table)


def list_jobs(remote: Remote, *, client_id: str, console: Console) -> None:
    """Print a client's latest jobs, newest first."""
    table = Table(*whole("Job", "State", "Stage", "Progress", "Files", "Failed", "Begun"))
    for job in remote.get("/api/v1/ingest/jobs", client_id=client_id, limit=SHOWN_JOBS)["jobs"]:
        table.add_row(
            job["job_id"],
            job["status"],
            job["stage"],
            f"{job['progress']:.0%}",
            str(job["files"]),
            str(job["documents_failed"]),
            _time(job["created_at"]),
        )
    print_table(console, table)


def show_job(remote: Remote, job_id: str, console: Console) -> None:
    """Print one job with the result of each file."""
    job = remote.get(f"/api/v1/ingest/jobs/{job_id}")
    console.print(f"{job['job_id']}: {job['status']}, {job['stage']}, {job['progress']:.0%}")
    table = Table(*whole("File", "State", "Pages", "Chunks"), "Reason")
    for file in job["documents"]:
        table.add_row(
            escape(file["filename"]), file["status"], str(file["pages"]), str(file["chunks"]), escape(_reason(file))
        )
    print_table(console, table)


def _reason(file: dict[str, Any]) -> str:
    error = file.get("error")
    return f"{error['code']}: {error['detail']}" if error else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
