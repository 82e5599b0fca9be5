"""Pages that show the API in a browser; all they load comes from this service, as there may be no internet."""

import base64
import hashlib
import re

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.edge.paths import prefix

router = APIRouter(include_in_schema=False)

ASSETS = "/docs/assets"
"""Where the scripts and styles of both pages are."""

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Both pages make styles as they run, and ReDoc searches in a worker that it makes from text.
_POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def assets() -> StaticFiles:
    """Return the application that serves the scripts, styles and pictures of the pages."""
    return StaticFiles(packages=[("fastapi_offline", "static")])


@router.head("/docs")
@router.get("/docs")
async def swagger_ui(request: Request) -> HTMLResponse:
    """Show the API as a page on which it can be tried out (Swagger UI)."""
    site = prefix(request.scope)
    return _confined(
        get_swagger_ui_html(
            openapi_url=f"{site}{request.app.openapi_url}",
            title=request.app.title,
            swagger_js_url=f"{site}{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{site}{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{site}{ASSETS}/favicon.png",
            # Its own defaults ask a validator on the internet.
            swagger_ui_parameters={"persistAuthorization": True, "validatorUrl": None},
        )
    )


@router.head("/redoc")
@router.get("/redoc")
async def redoc(request: Request) -> HTMLResponse:
    """Show the API as a page to read (ReDoc)."""
    site = prefix(request.scope)
    return _confined(
        get_redoc_html(
            openapi_url=f"{site}{request.app.openapi_url}",
            title=request.app.title,
            redoc_js_url=f"{site}{ASSETS}/redoc.standalone.js",
            redoc_favicon_url=f"{site}{ASSETS}/favicon.png",
            with_google_fonts=False,
        )
    )


def _confined(page: HTMLResponse) -> HTMLResponse:
    """Let the page load nothing from elsewhere and run no script but its own."""
    scripts = _SCRIPT.findall(bytes(page.body).decode())
    page.headers["Content-Security-Policy"] = _POLICY.format(scripts=" ".join(map(_named, scripts)))
    return page


def _named(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"
