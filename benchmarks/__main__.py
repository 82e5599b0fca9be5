"""All benchmarks, one after the other: `python -m benchmarks`; `python -m benchmarks chat --chats 50` runs one.

Each is a process of its own. Run alone, with nothing else on the machine, their figures mean most.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BENCHMARKS: dict[str, tuple[str, list[str]]] = {
    "chat": ("What a chat costs besides the model", []),
    "ingest": ("Uploading beside the bare embedding model", []),
    "startup": ("Start-up and memory", []),
    "sessions": ("The session store beside bare SQLite", ["--samples", "100"]),
    "embedding": ("Ways to run the embedding model", ["16"]),
    "tenants": ("Many clients in one vector store", ["300"]),
    "retrieval": ("Finding the right passage", []),
    "rare": ("Rare names and codes among similar passages, in ten languages", []),
    "quotes": ("Answers without a model: the right sentence and nothing beside it", []),
    "followups": ("Follow-ups: finding what they mean, and saying no", []),
    "ingest_formats": ("Each kind of file, memory, and a chat meanwhile", ["--lines", "400"]),
    "hostile": ("Health while hostile files are read", []),
    "backup": ("Backups of a service at work", ["--mb", "300"]),
    "crash": ("Killing the service while it works", []),
    "metering": ("What counting usage costs a chat, and that it counts right", []),
    "streams": ("Words of a stream beside the model's own", []),
}


def main() -> int:
    """Run what the command line names, or all; returns 1 when one failed."""
    named, arguments = sys.argv[1:2], sys.argv[2:]
    if named and named[0] not in BENCHMARKS:
        print(f"There is no benchmark of this name; there are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    failed = [name for name in named or BENCHMARKS if not run(name, arguments)]
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, arguments: list[str]) -> bool:
    headline, defaults = BENCHMARKS[name]
    print(f"\n=== {name}: {headline}\n", flush=True)
    started = time.perf_counter()
    command = [sys.executable, "-m", f"benchmarks.{name}", *(arguments or defaults)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    print(f"\n({time.perf_counter() - started:.0f} s)", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
