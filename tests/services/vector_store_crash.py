"""Kills processes that write to a vector store: `python -m tests.services.vector_store_crash [kills]`."""

import json
import random
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Journal:
    """What was acknowledged, and what was under way when the writer ended."""

    documents: dict[str, dict[str, int]] = field(default_factory=dict)
    unfinished: set[tuple[str, str]] = field(default_factory=set)
    acknowledged: int = 0
    rebuilt: int = 0

    def read(self, line: str) -> None:
        """Take in a line of the writer; the last one may be cut off."""
        try:
            kind, client, document, size = json.loads(line)
        except ValueError:
            return
        if kind == "begin":
            self.unfinished.add((client, document))
            self.documents.get(client, {}).pop(document, None)
            return
        self.unfinished.discard((client, document))
        self.acknowledged += 1
        if size:
            self.documents.setdefault(client, {})[document] = size


def run_and_kill(folder: Path, journal: Journal, rng: random.Random, *, longest: float = 1.0) -> None:
    """Start a writer, let it recover and verify, kill it within `longest` seconds. AssertionError if it failed."""
    command = [sys.executable, "-m", "tests.services.vector_store_writer", str(folder)]
    writer = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdin
    assert writer.stdout
    assert writer.stderr
    with writer:
        order = {"documents": journal.documents, "unfinished": sorted(journal.unfinished), "seed": rng.random()}
        writer.stdin.write(json.dumps(order))
        writer.stdin.close()
        first = writer.stdout.readline()
        assert first, f"the writer did not start: {writer.stderr.read()}"
        journal.rebuilt += json.loads(first)[1]
        journal.unfinished.clear()
        killer = threading.Timer(rng.uniform(0, longest), writer.kill)
        killer.start()
        for line in writer.stdout:
            journal.read(line)
        killer.join()
        assert writer.wait() == -9, f"the writer ended by itself: {writer.stderr.read()}"


def main(kills: int) -> None:
    """Kill many times and say what happened."""
    journal, rng = Journal(), random.Random()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(kills):
            run_and_kill(Path(folder), journal, rng)
            sys.stdout.write(f"{number + 1} kills, {journal.acknowledged} writes, {journal.rebuilt} rebuilt\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
