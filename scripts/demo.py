"""Upload the sample documents to a running service, ask about them, and show each answer with its files and pages.

Usage: python scripts/demo.py [--base-url URL] [--cleanup]

The address comes from --base-url or BASE_URL, a key (for a service that asks for one: its admin key) from API_KEY.
Each run is a new client; --cleanup deletes that client's documents and conversation at the end.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"
TIMEOUT = httpx.Timeout(180, connect=5)
SHOWN_SOURCES = 3


@dataclass(frozen=True)
class Question:
    """A question of the demo; `follows` puts it into the session of the question before, `note` is shown beside it."""

    text: str
    follows: bool = False
    note: str = ""


QUESTIONS = (
    Question("How long does an empty BX-725 battery take to charge with the supplied charger?"),
    Question("How far does the Carter go on one charge in the Brisk level?"),
    Question("And the Drover?", follows=True, note="a follow-up in the same session"),
    Question("What does the message E15 on the display mean?"),
    Question("What torque do the motor mounting bolts need?"),
    Question("How quickly is a warranty claim decided?"),
    Question("How much does delivery to the islands cost?"),
    Question("What is the price of a replacement key?"),
    Question("Who won the chess world championship in 1972?", note="the documents do not say"),
)


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class Service:
    """The few calls that the demo makes."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.client_id = ""

    def health(self) -> dict[str, Any]:
        """Return the answer of /health."""
        return self._call("GET", "/health")

    def upload(self, paths: list[Path]) -> dict[str, Any]:
        """Upload files as a new client; later calls are that client's."""
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        result = self._call("POST", "/api/v1/ingest/", files=files)
        self.client_id = result["client_id"]
        if key := result.get("api_key"):
            self._http.headers["Authorization"] = f"Bearer {key}"
        return result

    def ask(self, message: str, session_id: str | None) -> dict[str, Any]:
        """Ask one question; without a session a new one is begun."""
        body = {"message": message, "client_id": self.client_id}
        if session_id:
            body["session_id"] = session_id
        return self._call("POST", "/api/v1/chat/", json=body)

    def clean_up(self, session_ids: list[str]) -> None:
        """Delete the client's documents and the demo's sessions."""
        self._call("DELETE", f"/api/v1/chat/collections/{self.client_id}")
        for session_id in session_ids:
            self._call("DELETE", f"/api/v1/sessions/{session_id}")

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # httpx's own arguments
        try:
            response = self._http.request(method, path, **request)
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as exc:
            raise DemoError(
                f"No service answers at {self._http.base_url}. Start one with `make run` in another terminal, "
                "or set BASE_URL to where it runs (http://host:port)."
            ) from exc
        except httpx.HTTPError as exc:
            raise DemoError(f"{method} {path} got no answer: {type(exc).__name__}. Look at the service's log.") from exc
        if response.is_error:
            raise DemoError(f"{method} {path} was answered with {response.status_code}: {_reason(response)}")
        return _object(response)


def _object(response: httpx.Response) -> dict[str, Any]:
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise DemoError(f"{response.request.url} did not answer as this service does. Is BASE_URL right?")
    return body


def _reason(response: httpx.Response) -> str:
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return "set API_KEY to the service's admin key."
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def show_upload(console: Console, result: dict[str, Any]) -> None:
    """Print one line for each uploaded document."""
    table = Table(title=f"Documents of {result['client_id']}", title_justify="left")
    for column in ("File", "State", "Pages", "Chunks"):
        table.add_column(column, justify="right" if column in {"Pages", "Chunks"} else "left")
    for document in result.get("documents", []):
        state = document["status"]
        if error := document.get("error"):
            state += f": {error['detail']}"
        counts = (str(document.get(name) or "-") for name in ("pages", "chunks"))
        table.add_row(escape(document["filename"]), escape(state), *counts)
    console.print(table)
    console.print(escape(result["message"]))


def show_answer(console: Console, question: Question, answer: dict[str, Any], *, number: int) -> None:
    """Print a question, its answer, and where the answer comes from."""
    console.print()
    console.rule(f"[bold]{number}. {escape(question.text)}", align="left")
    if question.note:
        console.print(f"({question.note})", style="dim")
    console.print(escape(answer["response"]))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("#", "File", "Page", "Section", "Score"):
        table.add_column(column, overflow="fold")
    for source in answer["sources"][:SHOWN_SOURCES]:
        table.add_row(*_source_cells(source))
    if table.row_count:
        console.print(table)


def _source_cells(source: dict[str, Any]) -> list[str]:
    score = source.get("score")
    return [
        str(source.get("citation") or ""),
        escape(str(source.get("source", ""))),
        str(source.get("page", "")),
        escape(str(source.get("section") or "")),
        "" if score is None else f"{score:.2f}",
    ]


def ask_all(service: Service, console: Console) -> list[str]:
    """Ask every question and return the sessions that were begun."""
    sessions: list[str] = []
    for number, question in enumerate(QUESTIONS, start=1):
        answer = service.ask(question.text, sessions[-1] if question.follows else None)
        if answer["session_id"] not in sessions:
            sessions.append(answer["session_id"])
        show_answer(console, question, answer, number=number)
    return sessions


def run(service: Service, console: Console, *, cleanup: bool) -> None:
    """Go through the whole demo.

    Raises:
        DemoError: the service is not there, or refused a call.
    """
    paths = sorted(path for path in SAMPLES.iterdir() if path.is_file())
    console.print(f"Answers by: {escape(str(service.health().get('model', 'unknown')))}")
    with console.status("Uploading the samples ..."):
        result = service.upload(paths)
    show_upload(console, result)
    sessions = ask_all(service, console)
    console.print()
    if cleanup:
        service.clean_up(sessions)
        console.print(f"Deleted the documents and conversations of {service.client_id}.")
    else:
        console.print(f"The documents stay: ask more as client {service.client_id}, or run again with --cleanup.")


def main() -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(description="Upload the sample documents to a running service and ask about them.")
    parser.add_argument("--base-url", default=os.environ.get("BASE_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--cleanup", action="store_true", help="delete what the demo uploaded, at the end")
    arguments = parser.parse_args()
    key = os.environ.get("API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        # trust_env=False: a proxy meant for the internet must not come between us and a service on this machine
        with httpx.Client(base_url=arguments.base_url, headers=headers, timeout=TIMEOUT, trust_env=False) as http:
            run(Service(http), Console(), cleanup=arguments.cleanup)
    except (DemoError, httpx.InvalidURL) as exc:
        Console(stderr=True).print(escape(str(exc)), style="red", soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
