"""Following a job through the service itself."""

import asyncio
import io
from collections.abc import Callable

import pytest

from app.bootstrap import open_services
from app.common.errors import NotFound
from app.common.ids import ClientId
from app.config import Settings
from app.services.ingestion.ingest import ChunkSettings
from app.services.ingestion.uploads import Incoming
from app.services.jobs.following import follow
from app.services.jobs.service import Job, JobService
from tests.fakes import HashEmbeddings

HARBOUR = ClientId("harbour")


async def _views(jobs: JobService, client_id: ClientId, job_id: str) -> list[Job]:
    return [job async for job in follow(jobs, client_id, job_id)]


def test_a_job_is_seen_to_its_end_and_by_its_client_alone(make_settings: Callable[..., Settings]) -> None:
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        incoming = [Incoming("a.txt", io.BytesIO(b"One.")), Incoming("b.txt", io.BytesIO(b"Two."))]
        job_id = services.jobs.submit(HARBOUR, incoming, ChunkSettings(200, 20)).record.job_id
        *before, last = asyncio.run(_views(services.jobs, HARBOUR, job_id))
        assert all(job.record.finished_at is None for job in before)
        assert [file.status for file in last.files] == ["ready", "ready"]
        with pytest.raises(NotFound):
            asyncio.run(_views(services.jobs, ClientId("airport"), job_id))
