"""Figures about the whole service, for Prometheus."""

import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import Response

from app.common.errors import NotFound
from app.dependencies.callers import AdminDep
from app.dependencies.services import FiguresDep, SettingsDep, WorkDep
from app.problems import problem_responses
from app.telemetry.exposition import CONTENT_TYPE

router = APIRouter(tags=["Health"])


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus's text format."},
        **problem_responses(401, 403, 404),
    },
)
async def metrics(_: AdminDep, figures: FiguresDep, settings: SettingsDep, work: WorkDep) -> Response:
    """Return what is counted and how things stand, of all clients together; in locked mode for the admin key.

    404 where METRICS is off, or the figures have a port of their own.
    """
    if figures is None or settings.metrics_port is not None:
        raise NotFound("There are no metrics at this address; see METRICS and METRICS_PORT.")
    text = await anyio.to_thread.run_sync(figures.text, limiter=work.probe)
    return Response(text, media_type=CONTENT_TYPE)
