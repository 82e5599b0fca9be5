"""The hostile files beside a service that does nothing else: `python -m benchmarks.hostile`.

How long /health takes while each of them is refused or read, one after the other, by a service in a process of its own;
the baseline is the same service idle before that. The aim is an answer within a second throughout.
"""

import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.service import percentile, prepare, running
from tests.hostile.corpus import corpus
from tests.hostile.sending import Health, outcome, send

IDLE_SECONDS = 5.0


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        settings = {"llm_provider": "extractive", "max_chunks_per_client": 300, "max_documents_per_client": 400}
        with (
            running(folder, **settings) as service,
            httpx.Client(base_url=f"http://127.0.0.1:{service.port}", timeout=300) as api,
        ):
            print(f"{'':<24}{'asked':>8}{'p50 ms':>10}{'p99 ms':>10}{'slowest':>10}")
            health = Health(api)
            time.sleep(IDLE_SECONDS)
            show("idle (baseline)", health)
            print(outcomes(api))


def outcomes(api: httpx.Client) -> str:
    files, wrong = corpus(), []
    health, started = Health(api), time.perf_counter()
    try:
        for number, hostile in enumerate(files):
            answer = send(api, hostile, f"sandbox{number // 20}")
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or outcome(answer) not in hostile.outcomes:
                wrong.append(f"{hostile.title}: {answer.status_code} {outcome(answer)}")
    finally:
        show("while they are read", health)
    seconds = time.perf_counter() - started
    return "\n".join([f"{len(files)} files in {seconds:.0f} s, {len(wrong)} with another outcome than theirs", *wrong])


def show(name: str, health: Health) -> None:
    health.stop()
    figures = (percentile(health.seconds, 50), percentile(health.seconds, 99), max(health.seconds))
    print(f"{name:<24}{len(health.seconds):>8}" + "".join(f"{figure * 1000:>10.1f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
