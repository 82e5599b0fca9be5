"""A page for people: documents, questions and conversations in a browser, from files of this package alone."""

import html
from pathlib import Path

import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope
from typing_extensions import override

from app.dependencies.services import SettingsDep
from app.edge.paths import prefix

router = APIRouter(include_in_schema=False)

ASSETS = "/ui/assets"
"""Where the page's scripts, its style and its picture are."""

_FOLDER = Path(__file__).resolve().parents[1] / "ui"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
# Scripts cannot turn text into markup either: all of it goes through textContent.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# Names of files do not change with their content, so a browser asks each time whether it has the latest.
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class _Assets(StaticFiles):
    """Files that are served as what they are on every machine, and kept by browsers as long as they are the latest."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        if kind := _TYPES.get(Path(path).suffix):
            response.headers["Content-Type"] = kind
        return response


def assets() -> StaticFiles:
    """Return the application that serves what the page loads."""
    return _Assets(directory=_FOLDER / "assets")


async def require_ui(settings: SettingsDep) -> None:
    """Let nobody see the page where UI is off; raises what an address without anything raises."""
    if settings.ui == "off":
        raise HTTPException(404)


@router.head("/ui", dependencies=[Depends(require_ui)])
@router.get("/ui", dependencies=[Depends(require_ui)])
async def page(request: Request) -> HTMLResponse:
    """Show the page. It holds nothing of any client: it asks for that with the key of whoever looks at it."""
    text = await anyio.to_thread.run_sync((_FOLDER / "page.html").read_text, "utf-8")
    shown = text.replace("{site}", html.escape(prefix(request.scope), quote=True))
    return HTMLResponse(shown, headers={**_HEADERS, "Content-Security-Policy": _POLICY})


# All methods, so that those which find nothing here go on finding nothing.
@router.api_route("/", methods=_METHODS)
async def front_door(request: Request, settings: SettingsDep) -> Response:
    """Lead a browser to the page; for all others there is nothing at this address."""
    if settings.ui == "on" and request.method in ("GET", "HEAD") and _takes_html(request):
        return RedirectResponse(f"{prefix(request.scope)}/ui", 303, headers={"Vary": "Accept"})
    raise HTTPException(404)


def _takes_html(request: Request) -> bool:
    """Say whether the caller names HTML among what it takes, as browsers do and programs do not."""
    named = [part.partition(";") for part in request.headers.get("accept", "").lower().split(",")]
    return any(kind.strip() == "text/html" and rest.replace(" ", "") != "q=0" for kind, _, rest in named)
