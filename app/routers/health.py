"""Is the service alive, ready, and what does it run on."""

import time

import anyio.to_thread
from fastapi import APIRouter

from app.dependencies.services import ReadinessDep, ReembedderDep, SettingsDep, WorkDep
from app.problems import problem_responses
from app.schemas.health import Health, Live, Ready

router = APIRouter(prefix="/health", tags=["Health"])


# Monitors of uptime ask with HEAD.
@router.head("", include_in_schema=False)
@router.get("", summary="Health and what the service runs on")
async def health(readiness: ReadinessDep, settings: SettingsDep, work: WorkDep) -> Health:
    """Return the parts in use; `degraded` when a store does not answer.

    The path is for whoever may see everything: in locked mode, where this route needs no key either, it is null. It is
    null too where conversations are in PostgreSQL.
    """
    shows_path = settings.admin_api_key is None and settings.session_storage == "sqlite"
    ready = await anyio.to_thread.run_sync(readiness.ready, limiter=work.probe)
    return Health(
        status="healthy" if ready else "degraded",
        timestamp=time.time(),
        model=settings.answering_model,
        vector_store=settings.vector_store_type,
        session_storage=settings.session_storage,
        database_path=str(settings.session_db_path) if shows_path else None,
    )


@router.head("/live", include_in_schema=False)
@router.get("/live", summary="The process answers")
async def live() -> Live:
    """Touch nothing: for restarting a process that hangs."""
    return Live()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", summary="The stores answer", responses=problem_responses(503))
async def ready(readiness: ReadinessDep, settings: SettingsDep, reembedder: ReembedderDep, work: WorkDep) -> Ready:
    """Ask every store: for taking a replica out of the load balancer. 503 when one does not answer."""

    def looked() -> int | None:
        readiness.require()
        return None if settings.admin_api_key else reembedder.progress().waiting

    return Ready(outdated_clients=await anyio.to_thread.run_sync(looked, limiter=work.probe))
