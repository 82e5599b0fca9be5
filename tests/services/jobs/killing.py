"""A job in a process that is killed again and again: does it complete, with every file once?

    python -m tests.services.jobs.killing [FILES, default 200] [KILLS, default 10]

The process under test is this module with `--serve FOLDER FILES`: it takes the job on unless there is one, works
until the job is finished, and prints what became of it.
"""

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.config import Settings
from app.service import Services
from app.services.embedding.types import OnBatch
from app.services.ingestion.ingest import ChunkSettings
from app.services.ingestion.uploads import Incoming
from tests.fakes import HashEmbeddings

CLIENT = ClientId("killed-often")
SECONDS_PER_FILE = 0.1
_ROOT = Path(__file__).parents[3]


class SlowEmbeddings(HashEmbeddings):
    """Takes its time, so that there is something to kill."""

    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """See Embedder."""
        time.sleep(SECONDS_PER_FILE)
        return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)


@dataclass(frozen=True)
class Outcome:
    """What became of the job, and how often the process was started for it."""

    status: str
    statuses: dict[str, int]
    documents: int
    chunks: int
    spooled: int = -1
    starts: int = 0


def run_through_kills(folder: Path, *, files: int, kills: int, seed: int = 1) -> Outcome:
    """Start the process until the job is finished, and kill it `kills` times at random moments while it works."""
    rng = random.Random(seed)
    starts = 0
    while True:
        starts += 1
        command = [sys.executable, "-m", "tests.services.jobs.killing", "--serve", str(folder), str(files)]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process, process.stdout as lines:
            try:
                assert lines.readline() == "working\n"
                if starts > kills:
                    return Outcome(**{**json.loads(lines.readline()), "starts": starts})
                time.sleep(rng.uniform(0.1, 0.8) * files * SECONDS_PER_FILE / (kills + 1))
            finally:
                process.kill()


def _serve(folder: Path, files: int) -> None:
    settings = Settings(
        _env_file=None,
        data_path=folder / "data",
        session_db_path=folder / "data" / "sessions.db",
        vector_store_path=folder / "chroma",
        ingest_queue_limit=10_000,
    )
    with open_services(settings, embedder=SlowEmbeddings()) as services:
        if not services.jobs.page(CLIENT).jobs:
            incoming = [Incoming(f"{n}.txt", io.BytesIO(f"This is file {n}.".encode())) for n in range(files)]
            services.jobs.submit(CLIENT, incoming, ChunkSettings(200, 20))
        _say("working")
        parent = os.getppid()
        while services.jobs.page(CLIENT).jobs[0].record.finished_at is None:
            if os.getppid() != parent:
                return  # nobody waits for the result any more
            time.sleep(0.02)
        outcome = _outcome(services)
    # Looked at after the end of the workers: a file's row is written before its spooled file goes.
    spooled = len(list((folder / "data" / "uploads").iterdir()))
    _say(json.dumps(asdict(replace(outcome, spooled=spooled))))


def _outcome(services: Services) -> Outcome:
    (job,) = services.jobs.page(CLIENT).jobs
    found = services.jobs.get(CLIENT, job.record.job_id)
    numbers = {
        passage.text
        for document in services.internals.catalog.list_documents(CLIENT, limit=len(found.files) + 1)
        for passage in services.vector_store_service.chunks(CLIENT, document.document_id)
    }
    assert len(numbers) == services.vector_store_service.count(CLIENT)
    return Outcome(
        status=job.record.status,
        statuses=dict(Counter(file.status for file in found.files)),
        documents=services.internals.catalog.count_documents(CLIENT),
        chunks=len(numbers),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _main(arguments: list[str]) -> None:
    if arguments[:1] == ["--serve"]:
        _serve(Path(arguments[1]), int(arguments[2]))
        return
    files, kills = map(int, [*arguments, "200", "10"][:1] + [*arguments[1:], "10"][:1])
    with tempfile.TemporaryDirectory() as folder:
        _say(json.dumps(asdict(run_through_kills(Path(folder), files=files, kills=kills, seed=os.getpid()))))


if __name__ == "__main__":
    _main(sys.argv[1:])
