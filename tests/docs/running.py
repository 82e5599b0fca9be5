"""Run the blocks of a page as a reader would: in order, in one shell, in a folder that looks like a checkout."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT, Block

DOCUMENTED_ADDRESS = "http://127.0.0.1:8000"
SECONDS = 240

_CHECKOUT = ("app", "benchmarks", "scripts", "examples", "data/samples", ".env.example", "requirements.txt", "docs")
_CURL = 'curl() { command curl $EXPECTED --noproxy "*" --max-time 60 "$@"; }'
_MARK = "=== block "


def lay_out(folder: Path) -> None:
    """Make `folder` look like a checkout with an environment."""
    for name in _CHECKOUT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, command in (("python", ""), ("rag", "-m app.cli")):
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        (commands / name).chmod(0o755)


def run(blocks: Sequence[Block], folder: Path, *, address: str, variables: Mapping[str, str]) -> dict[Block, str]:
    """Run the blocks in one shell; return what each printed. Fails with the block's place when a command fails."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment |= {"PYTHONPATH": str(ROOT), "BASE_URL": address, "COLUMNS": "120", **variables}
    ended = subprocess.run(
        ["bash", "-c", _script(blocks, folder, address)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    parts = ended.stdout.split(_MARK)[1:]
    printed = {block: part.partition("\n")[2] for block, part in zip(blocks, parts, strict=False)}
    place = blocks[len(printed) - 1].place if printed else "the first block"
    assert ended.returncode == 0, f"{place} failed:\n{ended.stdout[-1500:]}\n{ended.stderr[-3000:]}"
    return printed


def _script(blocks: Sequence[Block], folder: Path, address: str) -> str:
    lines = ["set -euo pipefail", _CURL]
    for number, block in enumerate(blocks):
        code = block.code.replace(DOCUMENTED_ADDRESS, address).replace("/tmp/", f"{folder}/tmp_")  # noqa: S108
        if block.language == "python":
            code = f"{sys.executable} - <<'BLOCK'\n{code}BLOCK\n"
        # A call that is documented to fail must not end the script.
        lines += [f"echo; echo '{_MARK}{number}'", f"EXPECTED={'-S' if _fails(block) else '--fail-with-body'}", code]
    return "\n".join(lines)


def _fails(block: Block) -> bool:
    return '"client_id": "nobody"' in block.code


def objects_in(printed: str) -> Iterator[Any]:
    """Yield the JSON objects that begin somewhere at the beginning of a line, or after another one."""
    decoder = json.JSONDecoder()
    place = 0
    while (begin := printed.find("{", place)) >= 0:
        place = begin + 1
        with suppress(ValueError):
            found, place = decoder.raw_decode(printed, begin)
            yield found


def fits(documented: Any, real: Any) -> bool:
    """Whether an answer has all that is documented; "..." stands for anything, figures with a point are examples."""
    if isinstance(documented, dict):
        return isinstance(real, dict) and all(
            name in real and fits(documented[name], real[name]) for name in documented
        )
    if isinstance(documented, list):
        return isinstance(real, list) and all(any(fits(one, other) for other in real) for one in documented)
    if isinstance(documented, str) and documented.endswith("..."):
        return isinstance(real, str) and real.startswith(documented.removesuffix("..."))
    if isinstance(documented, float):
        return isinstance(real, float)
    return bool(documented == real)


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a page have."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
