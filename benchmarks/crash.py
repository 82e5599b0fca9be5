"""Kills the running service again and again and looks for what it had acknowledged.

    python -m benchmarks.crash [--kills 20] [--seed 1] [--most 40]

Four clients upload, ask and delete all the time; each process is killed at a random moment, after 1 to `most`
acknowledged requests. Then every acknowledged document has to answer, whatever was deleted has to stay away, the counts
and the conversations have to be those that were acknowledged. At the end the store is compared with the catalog,
document by document.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

from app.commands.doctor import doctor
from tests.crash.driver import FailedStart, Outcome, kill_again_and_again
from tests.crash.server import settings_for


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--most", type=int, default=40, help="requests that a process acknowledges before it is killed"
    )
    given = options.parse_args()
    started, outcome = time.monotonic(), Outcome()
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.suppress(FailedStart):  # it is counted in the outcome
            kill_again_and_again(Path(folder), kills=given.kills, seed=given.seed, most=given.most, outcome=outcome)
        sound = doctor(settings_for(Path(folder)), lambda _: None)
    report(outcome, sound=sound, seconds=time.monotonic() - started)
    if outcome.lost or outcome.failed_starts or not sound:
        raise SystemExit(1)


def report(outcome: Outcome, *, sound: bool, seconds: float) -> None:
    starts = outcome.start_seconds or [0.0]
    rows = {
        "kills": outcome.kills,
        "documents acknowledged": outcome.acknowledged,
        "deletions acknowledged": outcome.deletions,
        "questions acknowledged": outcome.turns,
        "documents, turns or deletions lost": len(outcome.lost),
        "failed starts": len(outcome.failed_starts),
        "start after a kill, median and longest (s)": f"{statistics.median(starts):.1f} {max(starts):.1f}",
        "store and catalog agree at the end": "yes" if sound else "no",
        "took (s)": round(seconds),
    }
    for name, value in rows.items():
        print(f"{name:<44} {value}")
    for line in outcome.lost + outcome.failed_starts:
        print(line)


if __name__ == "__main__":
    main()
