"""The FastAPI application: `uvicorn app.main:app`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

from app import mcp, openai
from app.bootstrap import open_services
from app.common.errors import StartupError
from app.common.logger import configure_logging
from app.common.process import infrequent_gc, share_one_heap
from app.config import Settings, load_settings, operator_chose_heaps
from app.dependencies.idempotency import REPLAYED_HEADER
from app.edge.bodies import BodyLimit, BodyPace
from app.edge.drain import Drain
from app.edge.metrics_port import served
from app.edge.paths import EitherSlash
from app.edge.server import end_with, guard, running_server
from app.middleware import RequestLog
from app.openapi import describe_routes, operation_id
from app.problems import Problem, add_problem_handlers, problem_responses, unexpected_problem
from app.routers import (
    admin,
    chat,
    clients,
    documents,
    feedback,
    health,
    ingest,
    jobs,
    maintenance,
    metrics,
    pages,
    search,
    sessions,
    ui,
    usage,
)
from app.service import Services
from app.services.intents.compiling import compiling
from app.telemetry.exposition import CONTENT_TYPE
from app.version import VERSION

logger = logging.getLogger(__name__)

_AREAS = (ingest, jobs, documents, chat, search, sessions, feedback, clients, usage, admin, maintenance, openai, mcp)
_ROUTERS = [area.router for area in (*_AREAS, health, metrics, pages, ui)]

FORM_OVERHEAD_BYTES = 1 << 20
CONVERSATION_BYTES = 2 << 20  # a stateless chat brings its history along
JSON_BYTES_PER_CHARACTER = 6  # a character written as \uXXXX

_STORES_NOTHING = (
    *(f"{openai.PREFIX}{area}" for area in ("chat", "embeddings", "models", "vector_stores")),
    "/api/v1/search",
)
"""Below these paths a full disk is no hindrance."""

_CONVERSATIONS = tuple(f"{openai.PREFIX}{area}" for area in ("chat", "responses", "embeddings"))
"""Below these paths a body may hold a whole conversation, or as much text."""

_DESCRIPTION = """\
Chat with your documents, for many clients at once: each client's files live in a collection of their own.

1. **Upload** files with `POST /api/v1/ingest/` and keep the `client_id` of the answer.
2. **Ask** with `POST /api/v1/chat/`; the answer names the passages it rests on, with file and page.
3. **Continue** with the same `session_id`: the conversation is remembered.

Errors are problem details (RFC 9457) with a `code` for programs and a `request_id` for the operator's logs.
"""

_TAGS = [
    {"name": "Ingest", "description": "Upload documents, at once or in the background."},
    {"name": "Documents", "description": "List, read, replace and delete documents."},
    {"name": "Chat", "description": "Ask questions; list and delete collections."},
    {"name": "Search", "description": "Find passages without a model."},
    {"name": "Sessions", "description": "Conversations that are remembered."},
    {"name": "Clients", "description": "Clients, their keys and usage; erasing a client."},
    {"name": "Feedback", "description": "What people say about answers."},
    {"name": "OpenAI", "description": "The same for clients of OpenAI's API: chat completions, responses, files."},
    {"name": "Administration", "description": "Backups, and what else is done for who runs the service."},
    {"name": "Health", "description": "For load balancers and people."},
]


class Service(FastAPI):
    """FastAPI, but a failed start ends in the one sentence of its StartupError, not in a traceback."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; see the class."""
        if scope["type"] != "lifespan":
            await super().__call__(scope, receive, send)
            return
        failed: list[StartupError] = []
        scope["app"] = self
        self.state.startup_failure = failed

        async def plain(message: Message) -> None:
            if failed and message["type"] == "lifespan.startup.failed":
                message["message"] = str(failed[0])
            await send(message)

        try:
            await super().__call__(scope, receive, plain)
        except StartupError:
            if not failed:
                raise


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    server = running_server()
    if server is not None:
        guard(server, max_connections=settings.max_connections)
    if not operator_chose_heaps():
        share_one_heap()
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.worker_threads
    try:
        services = await anyio.to_thread.run_sync(app.state.opener, settings)
    except StartupError as exc:
        app.state.startup_failure.append(exc)
        raise
    app.state.services = services
    if settings.admin_api_key is None:
        logger.warning(
            "open mode: anyone who reaches this service can read and write every client's documents; "
            "set ADMIN_API_KEY to require keys"
        )
    ending = asyncio.create_task(end_with(server, app.state.drain, services))
    try:
        with infrequent_gc(), compiling(), _metrics_port(settings, services):
            yield
    except StartupError as exc:
        app.state.startup_failure.append(exc)
        raise
    finally:
        ending.cancel()
        await anyio.to_thread.run_sync(services.close)


def _metrics_port(settings: Settings, services: Services) -> AbstractContextManager[object]:
    """Serve the figures on their own port during the block, where one is set."""
    if services.figures is None or settings.metrics_port is None:
        return nullcontext()
    key = settings.admin_api_key.get_secret_value() if settings.admin_api_key else None
    return served(
        settings.metrics_host, settings.metrics_port, services.figures.text, content_type=CONTENT_TYPE, key=key
    )


def create_app(settings: Settings, *, opener: Callable[[Settings], Services] = open_services) -> FastAPI:
    """Build the application; nothing is opened before its lifespan begins, which then calls `opener`."""
    app = Service(
        title="Conversational RAG",
        description=_DESCRIPTION,
        version=VERSION,
        openapi_tags=_TAGS,
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None,  # both pages are among the routes
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.settings = settings
    app.state.opener = opener
    app.state.drain = Drain()
    add_problem_handlers(app, _routes())
    for router in _ROUTERS:
        app.include_router(router)
    app.mount(pages.ASSETS, pages.assets())
    if settings.ui == "on":
        app.mount(ui.ASSETS, ui.assets())
    shapes = (Problem, openai.OpenAIErrorResponse)
    describe_routes(app, errors=_error, shapes=shapes, settings=settings, stores_nothing=_STORES_NOTHING)
    _add_middleware(app, settings)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Put around the routes what every request passes; the last one added comes first."""
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "Retry-After", REPLAYED_HEADER],
        )
    message_bytes = settings.max_message_chars * JSON_BYTES_PER_CHARACTER + FORM_OVERHEAD_BYTES // 16
    upload_bytes = (settings.max_upload_mb << 20) * settings.max_files_per_upload + FORM_OVERHEAD_BYTES
    app.add_middleware(
        BodyLimit,
        limit=message_bytes,
        larger={
            "/api/v1/ingest": upload_bytes,
            "/api/v1/documents": upload_bytes,
            f"{openai.PREFIX}files": upload_bytes,
            **dict.fromkeys(_CONVERSATIONS, message_bytes + CONVERSATION_BYTES),
        },
    )
    app.add_middleware(openai.OpenAIErrors)
    app.add_middleware(BodyPace, drain=app.state.drain)
    app.add_middleware(EitherSlash, slashed=[route.path for route in _routes() if route.path.endswith("/")])
    app.add_middleware(RequestLog, unexpected=unexpected_problem)


def _routes() -> list[APIRoute]:
    return [route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _error(path: str, status: int) -> dict[str, Any]:
    """Describe an error of this status in the shape that is shown at the path."""
    responses = openai.openai_responses if path.startswith(openai.PREFIX) else problem_responses
    return responses(status)[status]


def _app_from_environment() -> FastAPI:
    try:
        settings = load_settings()
    except StartupError as exc:
        raise SystemExit(f"The service cannot start. {exc}") from None
    configure_logging(settings.log_level, settings.log_format)
    return create_app(settings)


def __getattr__(name: str) -> FastAPI:
    """Make `app` when a server asks for it: importing this module reads no settings and opens nothing."""
    if name != "app":
        raise AttributeError(name)
    app = _app_from_environment()
    globals()["app"] = app
    return app
