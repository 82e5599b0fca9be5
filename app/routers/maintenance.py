"""What the operator has done beside answering. In locked mode it needs the admin key."""

from fastapi import APIRouter

from app.dependencies.callers import AdminDep
from app.dependencies.services import ReembedderDep
from app.problems import problem_responses
from app.schemas.maintenance import Reembedding
from app.services.upkeep.reembedding import ReembedProgress

router = APIRouter(prefix="/api/v1/admin", tags=["Administration"])


@router.post("/reembed", status_code=202, summary="Embed documents again", responses=problem_responses(401, 403))
def begin_reembedding(_: AdminDep, reembedder: ReembedderDep) -> Reembedding:
    """Embed in the background whatever has another embedding model than the one in use, client by client.

    A client's old vectors answer until all of its new ones are there. A run that goes on is not begun again; after a
    restart, begin another one for the clients that are left. Needs the admin key in locked mode.
    """
    return _shape(reembedder.request())


@router.get("/reembed", summary="How far embedding again is", responses=problem_responses(401, 403))
def get_reembedding(_: AdminDep, reembedder: ReembedderDep) -> Reembedding:
    """Return the progress of the present run, or of the last one. Needs the admin key in locked mode."""
    return _shape(reembedder.progress())


def _shape(progress: ReembedProgress) -> Reembedding:
    return Reembedding.model_validate(progress, from_attributes=True)
