"""Following a job: what it looks like whenever something has happened to it."""

from collections.abc import AsyncGenerator

import anyio
import anyio.to_thread

from app.common.errors import shutting_down
from app.common.ids import ClientId
from app.services.jobs.service import Job, JobService

LOOK_SECONDS = 0.2
LOOKS_PER_READ = 25


async def follow(jobs: JobService, client_id: ClientId, job_id: str) -> AsyncGenerator[Job, None]:
    """Yield the client's job as it is now, and again whenever it has changed; ends when it is finished.

    Raises NotFound when there is none of that id, also when it goes meanwhile, and Unavailable when jobs are
    interrupted. Waiting holds no thread: a number in
    memory is looked at every LOOK_SECONDS, and the job only when that has changed.
    """
    seen, looks = -1, 0
    while not jobs.stopping:
        version, looks = jobs.version(job_id), looks + 1
        # Now and then the job is read all the same: it may be gone with its client.
        if version != seen or looks % LOOKS_PER_READ == 0:
            seen = version
            job = await anyio.to_thread.run_sync(jobs.get, client_id, job_id)
            yield job
            if job.record.finished_at is not None:
                return
        await anyio.sleep(LOOK_SECONDS)
    raise shutting_down()
