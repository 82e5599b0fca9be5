"""What concerns the service as a whole, for who runs it."""

import anyio
import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from app.dependencies.callers import AdminDep
from app.dependencies.services import BackupsDep
from app.problems import problem_responses
from app.services.backup.archive import Archive
from app.services.backup.service import BackupService

router = APIRouter(prefix="/api/v1/admin", tags=["Administration"])
TAR = "application/x-tar"


@router.post(
    "/backup",
    summary="Take a backup",
    response_class=StreamingResponse,
    responses={
        200: {"content": {TAR: {"schema": {"type": "string", "format": "binary"}}}, "description": "A tar archive."},
        **problem_responses(401, 403, 409, 503, 507),
    },
)
async def make_backup(_: AdminDep, backups: BackupsDep) -> StreamingResponse:
    """Copy all data as it is now, while everybody goes on, and send it. In locked mode for the admin key alone.

    The answer begins when the copy is made and checked; its length is known then. `rag restore` takes the archive.
    """
    thread = anyio.CapacityLimiter(1)  # minutes, in which nobody else must wait for a thread
    archive = await anyio.to_thread.run_sync(backups.prepare, limiter=thread)
    return ArchiveResponse(archive, backups)


class ArchiveResponse(StreamingResponse):
    """Sends an archive; the copy it is read from is removed at the end, however that comes."""

    def __init__(self, archive: Archive, backups: BackupService) -> None:
        headers = {
            "Content-Length": str(archive.size_bytes),
            "Content-Disposition": 'attachment; filename="backup.tar"',
        }
        super().__init__(archive.blocks(), media_type=TAR, headers=headers)
        self._backups = backups

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._backups.finish)
