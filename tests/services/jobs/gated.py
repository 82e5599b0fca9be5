"""What tests of jobs share: embeddings that wait at a gate, files, and looking at jobs."""

import io
import threading
from collections.abc import Callable, Sequence

from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.service import Services
from app.services.embedding.types import OnBatch
from app.services.ingestion.ingest import ChunkSettings
from app.services.ingestion.uploads import Incoming
from app.services.jobs.service import Job
from tests.fakes import HashEmbeddings
from tests.waiting import PATIENCE, wait_for

ANNA, BERT = ClientId("anna"), ClientId("bert")
CHUNKING = ChunkSettings(200, 20)
Opener = Callable[..., Services]


class GatedEmbeddings(HashEmbeddings):
    """Embeds only while the gate is open, and notes the first text of each call, in order."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun: list[str] = []
        self.failures: list[Exception] = []

    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """See Embedder."""
        self.begun.append(texts[0])
        assert self.gate.wait(PATIENCE)
        if self.failures:
            raise self.failures.pop(0)
        return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)


def file(name: str, text: str | None = None) -> Incoming:
    return Incoming(name, io.BytesIO((f"All about {name}." if text is None else text).encode()))


def files(*names: str) -> list[Incoming]:
    return [file(name) for name in names]


def finished(services: Services, job: Job) -> Job:
    owner, job_id = job.record.client_id, job.record.job_id
    wait_for(lambda: services.jobs.get(owner, job_id).record.finished_at is not None)
    return services.jobs.get(owner, job_id)


def statuses(job: Job) -> list[str]:
    return [each.status for each in job.files]


def names(services: Services, client: ClientId = ANNA) -> list[str]:
    return sorted(record.filename for record in services.internals.catalog.list_documents(client))


def spooled(services: Services) -> int:
    return len(list((services.settings.data_path / "uploads").iterdir()))
