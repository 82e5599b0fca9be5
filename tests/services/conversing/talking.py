"""A client with two documents, and a conversation to say something in."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tests.api import app_in, ask, upload
from tests.standin import Behaviour, Reply, Request, StandIn

CLIENT = "harbour"
HANDBOOK = "Employees get 27 days of paid leave per year. The office opens at 8.30 on zq7731 days."
CONTRACT = "The contract between the parties ends in June. Incidents listed: fire, flood and theft, mark zq9942."
QUESTION = "How many days of paid leave do employees get?"
ANSWERED = "Employees get 27 days of paid leave per year [1]."
OFFERED = f"{ANSWERED} Would you like me to list the opening hours?"
REWRITING = "You prepare a search."


@dataclass
class Model:
    """A language model on loopback: it says `says`, and rewrites a follow-up to `rewrites`."""

    says: str = "MODEL SAYS: 27 days [1]."
    rewrites: str = "How many days of leave do part-time staff get?"
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Behaviour:
        self.asked.append(request)
        rewriting = request.messages[0]["content"].startswith(REWRITING)
        return Reply(self.rewrites if rewriting else self.says)

    @property
    def prompt(self) -> str:
        """The last call's prompt."""
        return self.asked[-1].prompt


@dataclass
class Talking:
    """Says something after what was said before."""

    api: TestClient
    model: Model

    def after(self, before: str, message: str, **more: Any) -> dict[str, Any]:
        """Say `message` in a new session, after an answer or an offer where `before` says so; returns the answer."""
        session = uuid.uuid4().hex
        if before:
            self.model.says = OFFERED if before == "offered" else ANSWERED
            assert ask(self.api, QUESTION, CLIENT, session_id=session).json()["response"] == self.model.says
        self.model.says = "MODEL SAYS: 27 days [1]."
        self.model.asked.clear()
        return self.say(message, session_id=session, **more)

    def say(self, message: str, **more: Any) -> dict[str, Any]:
        """Say `message`; returns the answer."""
        response = ask(self.api, message, CLIENT, **more)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body


@contextmanager
def talking(folder: Path, new_stores: Path, *, with_model: bool = True, **settings: Any) -> Iterator[Talking]:
    """The app with the two documents, with a model that counts its calls or without one."""
    model = Model()
    with StandIn(behave=model) as standin:
        if with_model:
            settings = {"groq_api_key": "gsk-x", "groq_api_base": standin.base_url, "min_relevance": 0.0, **settings}
        with TestClient(app_in(folder, new_stores, **settings)) as api:
            files = [("handbook.txt", HANDBOOK.encode()), ("contract.md", CONTRACT.encode())]
            assert upload(api, *files, client_id=CLIENT).status_code == 200
            yield Talking(api, model)
