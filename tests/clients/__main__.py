"""Run each program against a service of its own client, in locked mode, without a model and without the network.

Usage: python -m tests.clients ENVIRONMENT

The environment is a folder with `venv` and `node_modules`. Each script gets URL and KEY; it fails by raising.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from pydantic import SecretStr

from app.main import create_app
from tests.api import TEXT, settings_in
from tests.serving import serving

SCRIPTS = ("openai_python.py", "langchain_python.py", "openai_javascript.mjs", "ai_sdk.mjs")
ADMIN = "admin-key-of-the-clients"
SECONDS = 120


def main(environment: Path) -> int:
    """Run all scripts; return how many failed."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_in(Path(folder), admin_api_key=SecretStr(ADMIN)))
        with serving(app) as url:
            return sum(not _passes(script, environment, url) for script in SCRIPTS)


def _passes(script: str, environment: Path, url: str) -> bool:
    key = _new_client(url, script.partition(".")[0].replace("_", "-"))
    copy = shutil.copy(Path(__file__).parent / script, environment)  # node looks for packages beside the script
    program = "node" if script.endswith(".mjs") else str(environment / "venv" / "bin" / "python")
    variables = {**os.environ, "URL": url, "KEY": key, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([program, copy], env=variables, timeout=SECONDS, check=False)
    print(f"{script}: {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


def _new_client(url: str, name: str) -> str:
    with httpx.Client(base_url=url, trust_env=False, headers={"Authorization": f"Bearer {ADMIN}"}) as http:
        key: str = http.post("/api/v1/clients", json={"client_id": name}).json()["api_key"]
        files = [("files", ("crane.txt", TEXT.encode()))]
        http.post("/api/v1/ingest/", files=files, data={"client_id": name}).raise_for_status()
    return key


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
