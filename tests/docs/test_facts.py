"""What the pages state about the code is compared with the code."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from app.common.errors import AppError
from app.config import Settings
from app.main import create_app
from app.version import VERSION
from tests.docs.pages import PAGES, ROOT, blocks_of, text_of
from tests.docs.running import anchors

MAX_README_LINES = 150
DECISIONS = [f"docs/adr/{path.name}" for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]


def test_the_readme_stays_short_and_names_the_two_commands_first() -> None:
    text = text_of("README.md")
    assert text.count("\n") <= MAX_README_LINES
    commands = [line.split("#")[0].strip() for line in blocks_of("README.md")[0].code.splitlines()]
    assert commands == ["make run", "make test"]


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS, "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text_of(page)):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{page}: {target}"


def test_places_named_in_contributing_exist() -> None:
    for path in re.findall(r"`((?:app|tests|docs|scripts|benchmarks|data)/[\w./-]*)`", text_of("CONTRIBUTING.md")):
        assert (ROOT / path).exists(), path


def test_contributing_names_every_room_of_services() -> None:
    rooms = [path for path in (ROOT / "app" / "services").iterdir() if not path.name.startswith("_")]
    named = text_of("CONTRIBUTING.md")
    missing = [path.name for path in rooms if f"`app/services/{path.name}`" not in named]
    assert not missing


def test_the_openapi_document_is_current() -> None:
    document = json.dumps(create_app(Settings(_env_file=None)).openapi())
    # Python 3.13 calls two statuses otherwise.
    document = document.replace("Content Too Large", "Request Entity Too Large")
    document = document.replace("Unprocessable Content", "Unprocessable Entity")
    assert json.loads(document) == json.loads(text_of("docs/openapi.json")), "the API has changed: run `make openapi`"


def test_the_api_page_names_every_route() -> None:
    paths = json.loads(text_of("docs/openapi.json"))["paths"]
    routes = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    named = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)", text_of("docs/api.md")))
    assert named == routes


def _documented_codes() -> dict[str, str]:
    """Return the status of each code as the page has it."""
    table = text_of("docs/api.md").partition("## Errors")[2]
    rows = re.findall(r"^\| (\d+|–|any) \| (.+?) \|", table, re.MULTILINE)
    return {code.strip("`"): status for status, codes in rows for code in codes.split(", ")}


def test_the_api_page_names_every_error_code() -> None:
    codes = {"http_error", "unsupported_parameter"}
    for path in (ROOT / "app").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r"\b(?:code|default_code) ?= ?\"([a-z_]+)\"", source))
        codes |= set(re.findall(r"\b[45]\d\d: \"([a-z_]+)\"", source))
    codes |= set(re.findall(r"Refusal\(\s*HTTPStatus\.\w+,\s*\"([a-z_]+)\"", text_of("app/edge/refusals.py")))
    assert _documented_codes().keys() == codes | {AppError.default_code}


def test_the_api_page_has_the_status_of_each_error() -> None:
    documented, classes = _documented_codes(), _subclasses(AppError)
    raised = {(kind.default_code, kind.status) for kind in classes.values()}
    for path in (ROOT / "app").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in classes:
                status = classes[call.func.id].status
                values = [part.value for part in call.keywords if part.arg == "code"]
                raised |= {(str(value.value), status) for value in values if isinstance(value, ast.Constant)}
    # These have one more status at another place, which the page says in words.
    others = {("model_not_found", 502), ("cancelled", 409), ("insufficient_storage", 503)}
    for code, status in raised - others:
        assert documented[code] == str(status), code


def _subclasses(kind: type[AppError]) -> dict[str, type[AppError]]:
    found = {child.__name__: child for child in kind.__subclasses__() if child.__module__.startswith("app.")}
    for child in list(found.values()):
        found |= _subclasses(child)
    return found


def test_the_version_is_that_of_the_changelog() -> None:
    released = re.findall(r"^## \[(\d[\w.]*)\] - \d{4}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert text_of("CHANGELOG.md").count("\n## [Unreleased]\n") == 1
    assert released == sorted(released, key=_order, reverse=True)
    assert released[0] == VERSION or (".dev" in VERSION and _order(VERSION) > _order(released[0]))


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition(".dev")[0])]


def test_kinds_of_changes_are_those_of_keep_a_changelog() -> None:
    kinds = set(re.findall(r"^### (.+)$", text_of("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_hooks_call_what_make_check_calls() -> None:
    hooks = re.findall(r"entry: (\.venv/bin/\S+)", text_of(".pre-commit-config.yaml"))
    makefile = text_of("Makefile")
    for hook in hooks:
        assert hook.replace(".venv/bin", "$(BIN)") in makefile, hook


def test_the_package_builds_with_pins_command_and_migrations(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "app", source / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True, timeout=120)
    (wheel,) = tmp_path.glob("conversational_rag-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (info,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(info).decode()
        commands = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    modules = [str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*.py")]
    assert set(modules) <= set(names)
    assert f"Version: {VERSION}\n" in metadata
    pins = [line for line in text_of("requirements.txt").splitlines() if line and not line.startswith(("#", "-"))]
    assert sorted(re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE)) == sorted(pins)
    assert "rag = app.cli:app" in commands


def test_versions_of_python_are_the_same_everywhere() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    classified = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert classified == ["3.11", "3.12", "3.13"]
    assert all(f"python{version}" in text_of("Makefile") for version in classified)
