"""The pages of the documentation and the fenced blocks in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "VERSIONING.md"]
PAGES += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]

LANGUAGES = {"bash", "python", "json", "env", "text", "mermaid", "toml"}
ELSEWHERE = {
    "make": "its targets are looked up in the Makefile",
    "docker compose": "there is no Docker where the tests run",
    "python3 -m venv": "it installs packages; this is what set up the environment of the tests",
}
"""Blocks with one of these commands are not run, and why."""
STOPPED = "# with the service stopped"
"""Begins a block of commands that need the data folder for themselves."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(rf"^(?:\w+=.* )?(?:{'|'.join(map(re.escape, ELSEWHERE))})\b", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line in the page."""

    page: str
    line: int
    language: str
    code: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it can be run where the tests run."""
        return self.language == "python" or (self.language == "bash" and not _COMMAND.search(self.code))

    @property
    def needs_stopped_service(self) -> bool:
        return self.code.startswith(STOPPED) or (self.language == "python" and "open_services(" in self.code)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str) -> list[Block]:
    """Return the page's blocks in order."""
    text = text_of(page)
    return [
        Block(page, text.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2))
        for match in _FENCE.finditer(text)
    ]


def all_blocks() -> Iterator[Block]:
    for page in PAGES:
        yield from blocks_of(page)
