"""A request's path as the routes know it, whatever a proxy put in front and however it ends."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send


def prefix(scope: Scope) -> str:
    """Return what a proxy shows the service under (uvicorn's --root-path), such as `/rag`; mostly empty."""
    found: str = scope.get("root_path", "")
    return found.rstrip("/")


def own_path(scope: Scope) -> str:
    """Return the path without the prefix."""
    path: str = scope["path"]
    rest = path.removeprefix(prefix(scope))
    return rest if rest.startswith("/") else path


class EitherSlash:
    """Answers a path with and without a slash at its end alike, where a redirect would lose bodies and trust Host."""

    def __init__(self, app: ASGIApp, *, slashed: Collection[str]) -> None:
        """`slashed` are the paths of the routes that end with a slash; all others do not."""
        self._app = app
        self._slashed = frozenset(slashed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request under the path of its route."""
        if scope["type"] == "http":
            path = own_path(scope)
            wanted = self._as_routed(path)
            if wanted != path:
                scope["path"] = prefix(scope) + wanted  # no copy: the log line looks here for the route
        await self._app(scope, receive, send)

    def _as_routed(self, path: str) -> str:
        if path.endswith("/"):
            return path if path in self._slashed or path == "/" else path[:-1]
        return f"{path}/" if f"{path}/" in self._slashed else path
