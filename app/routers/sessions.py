"""Looking after conversations."""

from fastapi import APIRouter

from app.common.ids import ClientId
from app.dependencies import Principal, PrincipalDep, ServicesDep
from app.memory import SessionStore
from app.problems import problem_responses
from app.schemas.sessions import CleanupResponse, SessionDeleted, SessionInfo, SessionStats

router = APIRouter(prefix="/api/v1/sessions", tags=["Sessions"])


@router.get("/stats", summary="Counts over all sessions", responses=problem_responses(401))
def session_stats(principal: PrincipalDep, services: ServicesDep) -> SessionStats:
    """Return the counts of all sessions, or of the caller's own when its key belongs to one client."""
    return _stats(services.session_store, principal.own_client)


@router.get("/list", summary="List the active sessions", responses=problem_responses(401))
def list_sessions(principal: PrincipalDep, services: ServicesDep) -> list[str]:
    """Return the ids of the sessions that have not expired, last used first."""
    return services.session_store.active_ids(principal.own_client)


@router.get("/{session_id}/info", summary="One session", responses=problem_responses(401, 404, 409))
def session_info(session_id: str, principal: PrincipalDep, services: ServicesDep) -> SessionInfo:
    """Return what is known of the session, also when it has expired but is not cleaned up yet."""
    store = services.session_store
    info = store.info(session_owner(store, principal, session_id), session_id)
    return SessionInfo(
        session_id=info.session_id,
        client_id=info.client_id,
        message_count=info.message_count,
        created_at=info.created_at,
        last_accessed=info.last_accessed,
        expires_at=info.expires_at,
        is_expired=info.is_expired,
    )


@router.delete("/{session_id}", summary="Clear a session", responses=problem_responses(401, 404, 409))
def delete_session(session_id: str, principal: PrincipalDep, services: ServicesDep) -> SessionDeleted:
    """Delete the session with all its messages."""
    store = services.session_store
    removed = store.delete(session_owner(store, principal, session_id), session_id)
    return SessionDeleted(
        message=f"Session {session_id} cleared", session_id=session_id, messages_deleted=removed.messages
    )


@router.post("/cleanup", summary="Delete expired sessions now", responses=problem_responses(401))
def cleanup(principal: PrincipalDep, services: ServicesDep) -> CleanupResponse:
    """Do at once what happens every CLEANUP_INTERVAL seconds: expired sessions are deleted."""
    removed = services.session_store.cleanup(principal.own_client)
    return CleanupResponse(
        message="Expired sessions cleaned up successfully",
        sessions_deleted=removed.sessions,
        current_stats=_stats(services.session_store, principal.own_client),
    )


def session_owner(store: SessionStore, principal: Principal, session_id: str) -> ClientId:
    """Return the client whose session this is to the caller: its own, or for the operator whoever has it."""
    return principal.own_client or store.owner_of(session_id)


def _stats(store: SessionStore, owner: ClientId | None) -> SessionStats:
    stats = store.get_stats(owner)
    return SessionStats(
        active_chains=stats["active_chains"],
        total_sessions=stats["total_sessions"],
        active_sessions=stats["active_sessions"],
        total_messages=stats["total_messages"],
        avg_messages_per_session=stats["avg_messages_per_session"],
        database_size_mb=stats["database_size_mb"],
    )
