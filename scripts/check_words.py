"""Find wording that a reader has to puzzle over in code, settings and documents; part of `make check`.

Usage: python scripts/check_words.py [FILE ...]

Without files it reads all of them. Prints each place with what to write instead; exit code 1 when there is one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    "app",
    "docs",
    "examples",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "VERSIONING.md",
    ".env.example",
)
KINDS = {".py", ".md", ".example"}

FINE = (
    r"(leave|leaves|left|nothing|stay|stays|fall|falls|queue|queues|wait|waits) behind",
    r"behind (a|the|your|another) ([\w-]+ )?(proxy|service|balancer)",
)
"""Where a word of the list says what it means."""

PLAIN = {
    r"behind": "after, older than, in the background",
    r"(to|not|can|cannot|could) be had": "available, supported",
    r"anew": "again, new",
    r"became of": "the result of, how each ... ended",
    r"(come|comes|came|coming) to (its|their) end": "ends, is finished",
    r"at a start": "at startup, when the service starts",
    r"(is|are|be|been) spared": "does not need, skips",
    r"taken on": "accepted",
    r"but for": "except, apart from",
    r"looks? on": "watches, reads",
    r"same breath": "the transaction or the step",
}


def _pattern(words: str) -> re.Pattern[str]:
    """Match the words also where a line ends between them, in a comment too."""
    return re.compile(rf"\b{words}\b".replace(" ", r"[\s#]+"), re.IGNORECASE)


_FINE = [_pattern(words) for words in FINE]
_PLAIN = [(_pattern(words), instead) for words, instead in PLAIN.items()]


def findings(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, words found and what to write instead, in the order of the list."""
    fine = [match.span() for pattern in _FINE for match in pattern.finditer(text)]
    for pattern, instead in _PLAIN:
        for match in pattern.finditer(text):
            if not any(start <= match.start() < end for start, end in fine):
                yield text.count("\n", 0, match.start()) + 1, " ".join(match.group().replace("#", " ").split()), instead


def files() -> Iterator[Path]:
    """Yield every file that is held to plain words."""
    for place in PLACES:
        path = ROOT / place
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in KINDS)
        elif path.exists():
            yield path


def main(names: list[str]) -> int:
    """Print the findings; return the exit code."""
    bad = 0
    for path in [Path(name) for name in names] or files():
        for line, words, instead in findings(path.read_text(encoding="utf-8")):
            print(f"{path}:{line}: '{words}': write {instead}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
