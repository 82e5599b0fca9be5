"""The page at /ui is served whole, confined, and only where it is switched on."""

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, app_in, assert_problem

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "app" / "ui"
ASSETS = sorted(path.name for path in (FOLDER / "assets").iterdir())
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    with TestClient(app_in(tmp_path_factory.mktemp("ui"), new_stores)) as api:
        yield api


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def scripts() -> dict[str, str]:
    return {name: text_of(f"assets/{name}") for name in ASSETS if name.endswith(".js")}


@pytest.mark.parametrize("prefix", ["", "/rag"])
@pytest.mark.parametrize("path", ["/ui", "/ui/"])
def test_all_that_the_page_loads_is_served_here(api: TestClient, path: str, prefix: str) -> None:
    below = TestClient(api.app, root_path=prefix)
    page = below.get(f"{prefix}{path}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    addresses = re.findall(r'(?:src|href)="([^"#][^"]*)"', page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith(f"{prefix}/ui/assets/")
        assert below.get(address).status_code == 200


def test_a_prefix_cannot_become_markup(api: TestClient) -> None:
    prefix = '/"><script>'
    page = TestClient(api.app, root_path=prefix).get(f"{prefix}/ui")
    assert page.status_code == 200
    assert prefix not in page.text


def test_every_asset_has_its_type_and_is_asked_for_again(api: TestClient) -> None:
    assert {"main.js", "style.css", "icon.svg"} <= set(ASSETS)
    for name in ASSETS:
        answer = api.get(f"/ui/assets/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == TYPES[Path(name).suffix], name
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = api.get(f"/ui/assets/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
    for path in ("nothing.js", "..%2fpage.html", "..%2f..%2fconfig.py", ""):
        assert_problem(api.get(f"/ui/assets/{path}"), 404, "not_found")


def test_the_page_may_load_and_reach_nothing_but_this_service(api: TestClient) -> None:
    headers = api.get("/ui").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    for kind in ("script-src", "style-src", "connect-src", "img-src"):
        assert policy[kind] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in str(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    page = text_of("page.html")
    assert re.findall(r"<script[^>]*>[^<]+|<style|\sstyle=|\son\w+=|javascript:", page) == []
    for name in ASSETS:
        text = text_of(f"assets/{name}").replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"https?://|@import|url\(", text) == [], name


def test_texts_never_become_markup_and_keys_never_leave_the_tab() -> None:
    for name, script in scripts().items():
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "cookie",
        ):
            assert word not in script, (name, word)
    using = {name for name, script in scripts().items() if 'kept("key")' in script}
    assert using == {"api.js", "clients.js", "main.js"}
    sent = [line for line in scripts()["api.js"].splitlines() if re.search(r"\bkey\b", line) and "{" in line]
    assert [line.strip() for line in sent] == ["return key ? { Authorization: `Bearer ${key}` } : {};"]


def test_every_module_is_loaded_and_every_element_that_is_named_is_there() -> None:
    loaded, found = {"main.js"}, {"main.js"}
    while found:
        found = {name for one in found for name in re.findall(r'from "\./([\w.]+)"', scripts()[one])} - loaded
        loaded |= found
    assert loaded == set(scripts())
    there = set(re.findall(r'\bid="([^"]+)"', text_of("page.html")))
    named = {name for script in scripts().values() for name in re.findall(r'byId\("([^"]+)"\)', script)}
    assert named <= there


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "application/json, TEXT/HTML;q=0.5"])
def test_the_front_door_leads_browsers_to_the_page(api: TestClient, accept: str) -> None:
    for prefix in ("", "/rag"):
        below = TestClient(api.app, root_path=prefix, follow_redirects=False)
        for method in ("GET", "HEAD"):
            answer = below.request(method, f"{prefix}/", headers={"Accept": accept})
            assert (answer.status_code, answer.headers["location"]) == (303, f"{prefix}/ui")
            assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0, */*", "text/html-like", ""])
def test_the_front_door_leads_nobody_else(api: TestClient, accept: str) -> None:
    assert_problem(api.get("/", headers={"Accept": accept}), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_find_nothing_at_the_front_door(api: TestClient, method: str) -> None:
    assert_problem(api.request(method, "/", headers={"Accept": BROWSER}), 404, "not_found")


def test_switched_off_there_is_no_page(make_client: AppFactory) -> None:
    api = make_client(ui="off")
    assert_problem(api.get("/", headers={"Accept": BROWSER}), 404, "not_found")
    for path in ("/ui", "/ui/", "/ui/assets/main.js"):
        assert_problem(api.get(path, headers={"Accept": BROWSER}), 404, "not_found")
    assert api.get("/docs").status_code == 200


def test_the_page_answers_head(api: TestClient) -> None:
    assert api.head("/ui").status_code == 200


def test_a_package_of_the_service_has_the_page_with_all_its_files() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["app"]
    files = [str(path.relative_to(ROOT / "app")) for path in FOLDER.rglob("*") if path.is_file()]
    assert len(files) == len(ASSETS) + 1
    for file in files:
        assert any(fnmatch(file, pattern) for pattern in patterns), file
