"""Random interleavings of what three clients do: no foreign word in any answer, and the counts of a simple model."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.api import AppFactory, ask, upload

ADMIN = "admin-key-of-the-interleavings"
MARKERS = ("anemone", "bassoon", "cormorant")
CLIENTS = st.integers(min_value=0, max_value=len(MARKERS) - 1)
TABLE = 4
FILES = st.integers(min_value=1, max_value=TABLE)
SESSIONS = st.sampled_from(["monday", "tuesday"])
RUN = itertools.count()


class Tenant:
    """What one client should have: files by number, and messages by session."""

    def __init__(self, client_id: str, marker: str, headers: dict[str, str] | None) -> None:
        self.client_id = client_id
        self.marker = marker
        self.headers = headers
        self.files: set[int] = set()
        self.messages: dict[str, int] = {}

    def text(self, number: int) -> str:
        """The same words as everybody's file of this number, but for the client's own; the last number is a table."""
        if number == TABLE:
            return f"Entry,Drawer,Kept\nentry {number},drawer {number},{self.marker}\n"
        return (
            f"The {self.marker} of entry {number} is kept in drawer {number}.\n\nOnly {self.marker}s are kept there.\n"
        )


class Interleavings(RuleBasedStateMachine):
    """The app is one for all runs; each run has clients of its own."""

    api: ClassVar[TestClient]
    locked: ClassVar[bool]

    @initialize()
    def clients(self) -> None:
        """Make the clients of this run."""
        run = next(RUN)
        self.tenants = [self._tenant(f"{marker[:3]}-{run}", marker) for marker in MARKERS]

    def _tenant(self, client_id: str, marker: str) -> Tenant:
        return Tenant(client_id, marker, self._register(client_id) if self.locked else None)

    def _register(self, client_id: str) -> dict[str, str]:
        body = self.api.post("/api/v1/clients", json={"client_id": client_id}, headers=_admin()).json()
        return {"Authorization": f"Bearer {body['api_key']}"}

    @rule(who=CLIENTS, number=FILES)
    def upload(self, who: int, number: int) -> None:
        tenant = self.tenants[who]
        name = (f"entry-{number}.{'csv' if number == TABLE else 'txt'}", tenant.text(number).encode())
        body = self._own(tenant, upload(self.api, name, client_id=tenant.client_id, headers=tenant.headers), 200)
        expected = "duplicate" if number in tenant.files else "ready"
        assert [document["status"] for document in body["documents"]] == [expected]
        tenant.files.add(number)

    @rule(who=CLIENTS, number=FILES, session=st.none() | SESSIONS)
    def ask(self, who: int, number: int, session: str | None) -> None:
        """Ask in words that everybody's files share, so that a foreign passage would be as good an answer."""
        tenant = self.tenants[who]
        question = f"Which of entry {number} is kept in drawer {number}?"
        more: dict[str, Any] = {"session_id": session} if session else {"use_memory": False}
        response = ask(self.api, question, tenant.client_id, headers=tenant.headers, **more)
        if not tenant.files:
            assert response.status_code == 404
            return
        body = self._own(tenant, response, 200)
        assert all(tenant.marker in source["content"] for source in body["sources"])
        assert len(body["sources"]) == min(len(tenant.files), 4)
        if session:
            tenant.messages[session] = tenant.messages.get(session, 0) + 2

    @rule(who=CLIENTS)
    def count(self, who: int) -> None:
        """Ask for the number of rows of a table that everybody has under the same name."""
        tenant = self.tenants[who]
        response = ask(self.api, f"How many rows are in entry-{TABLE}.csv?", tenant.client_id, headers=tenant.headers)
        if tenant.files:
            computed = self._own(tenant, response, 200)["computation"]
            assert (computed or {}).get("row_count") == (1 if TABLE in tenant.files else None)

    @rule(who=CLIENTS)
    def delete_documents(self, who: int) -> None:
        tenant = self.tenants[who]
        response = self.api.delete(f"/api/v1/chat/collections/{tenant.client_id}", headers=tenant.headers)
        body = self._own(tenant, response, 200 if tenant.files else 404)
        assert body.get("documents_deleted", 0) == len(tenant.files)
        tenant.files.clear()

    @rule(who=CLIENTS, session=SESSIONS)
    def clear_session(self, who: int, session: str) -> None:
        """As the operator of an open service one may have to say whose session is meant; a client's key says it."""
        tenant = self.tenants[who]
        if self.locked:
            response = self.api.delete(f"/api/v1/sessions/{session}", headers=tenant.headers)
            body = self._own(tenant, response, 200 if session in tenant.messages else 404)
            assert body.get("messages_deleted", 0) == tenant.messages.pop(session, 0)

    @rule(who=CLIENTS)
    def erase(self, who: int) -> None:
        tenant = self.tenants[who]
        response = self.api.delete(f"/api/v1/clients/{tenant.client_id}", headers=_admin())
        known = self.locked or tenant.files or tenant.messages
        body = self._own(tenant, response, 200 if known else 404)
        assert body.get("documents_deleted", 0) == len(tenant.files)
        assert body.get("sessions_deleted", 0) == len(tenant.messages)
        if self.locked:
            assert ask(self.api, "Anything?", tenant.client_id, headers=tenant.headers).status_code == 401
        self.tenants[who] = self._tenant(tenant.client_id, tenant.marker)

    @invariant()
    def counts_are_those_of_the_model(self) -> None:
        for tenant in getattr(self, "tenants", ()):
            stats = self._get(tenant, f"/api/v1/chat/collections/{tenant.client_id}/stats")
            assert (stats["document_count"], stats["exists"]) == (len(tenant.files), bool(tenant.files))
            if self.locked:
                assert self._get(tenant, "/api/v1/sessions/stats")["total_messages"] == sum(tenant.messages.values())
                listed = self._get(tenant, "/api/v1/chat/collections")["collections"]
                assert [each["client_id"] for each in listed] == [tenant.client_id] * bool(tenant.files)

    def _get(self, tenant: Tenant, path: str) -> Any:
        return self._own(tenant, self.api.get(path, headers=tenant.headers), 200)

    def _own(self, tenant: Tenant, response: Any, status: int) -> Any:
        """The answer's body, in which nobody else's words and names are."""
        assert response.status_code == status, response.text
        for other in self.tenants:
            if other is not tenant:
                assert other.marker not in response.text
                assert other.client_id not in response.text
        return response.json()


def _admin() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN}"}


@pytest.fixture
def run_with(make_client: AppFactory) -> Iterator[Callable[..., None]]:
    def run(*, locked: bool) -> None:
        Interleavings.locked = locked
        Interleavings.api = make_client(admin_api_key=ADMIN if locked else None)
        bounds = settings(
            max_examples=5,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking a failure would take minutes: each step is a real request
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Interleavings, settings=bounds)

    yield run
    del Interleavings.api


@pytest.mark.parametrize("locked", [True, False], ids=["locked mode", "open mode"])
def test_nobody_ever_sees_a_foreign_word(run_with: Callable[..., None], *, locked: bool) -> None:
    run_with(locked=locked)
