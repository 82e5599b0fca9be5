"""Which pages of the web may speak the protocol: those that the operator has named, as for every other route.

A browser says in a header which page makes it ask. A page of a stranger could otherwise reach a service on the reader's
own machine, by way of a name that it lets point there, and where no key is needed read the documents.
"""

from fastapi import Request

from app.common.errors import Forbidden
from app.dependencies.services import SettingsDep


async def require_known_origin(request: Request, settings: SettingsDep) -> None:
    """Raise Forbidden for a page that CORS_ORIGINS does not name; programs that are no browsers send no Origin."""
    origin = request.headers.get("origin")
    if origin is not None and not {origin, "*"} & set(settings.cors_origins):
        raise Forbidden(
            "Pages of this origin may not ask here; the operator names those that may in CORS_ORIGINS.",
            code="origin_not_allowed",
        )
