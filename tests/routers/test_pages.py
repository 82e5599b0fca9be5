"""The pages about the API work without internet."""

import base64
import hashlib
import re

import pytest
from fastapi.testclient import TestClient

from tests.api import assert_problem

PAGES = ("/docs", "/redoc")
_ADDRESS = re.compile(r"""(?:src|href|url|spec-url)\s?[=:]\s?["']([^"']*)["']""")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("prefix", ["", "/rag"])
def test_all_that_a_page_loads_is_served_here(api: TestClient, page: str, prefix: str) -> None:
    below = TestClient(api.app, root_path=prefix)
    answer = below.get(f"{prefix}{page}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    addresses = _ADDRESS.findall(answer.text)
    assert len(addresses) >= 3
    assert "//" not in "".join(addresses)
    for address in addresses:
        assert address.startswith(f"{prefix}/"), address
        loaded = below.get(address)
        assert loaded.status_code == 200, address
        assert loaded.content, address
        kind = loaded.headers["content-type"].partition(";")[0]
        assert kind in ("text/css", "text/javascript", "image/png", "application/json"), address


@pytest.mark.parametrize("page", PAGES)
def test_a_page_may_load_nothing_from_elsewhere_and_run_its_own_scripts(api: TestClient, page: str) -> None:
    answer = api.get(page)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert "http" not in str(policy)
    assert "unsafe" not in policy["script-src"]
    for script in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"]


def test_swagger_ui_asks_no_validator(api: TestClient) -> None:
    assert '"validatorUrl": null' in api.get("/docs").text


def test_assets_are_revalidated_and_others_are_a_problem(api: TestClient) -> None:
    script = api.get("/docs/assets/redoc.standalone.js")
    again = api.get("/docs/assets/redoc.standalone.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304
    for path in ("nothing.js", "..%2f__init__.py", ""):
        assert_problem(api.get(f"/docs/assets/{path}"), 404, "not_found")


def test_pages_answer_head(api: TestClient) -> None:
    for page in PAGES:
        assert api.head(page).status_code == 200
