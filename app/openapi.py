"""The OpenAPI document: what FastAPI makes of the routes, with all the errors that any of them can answer."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.config import Settings
from app.schemas.ids import CLIENT_ID, SESSION_ID
from app.schemas.stated import AS_JSON, AT_MOST, NEEDED

OF_ALL = (431, 500, 503)
"""Too large headers, the bug that nobody foresaw, a service that is full, shutting down or cut off from its stores."""
_CHANGING = ("post", "put", "patch", "delete")
OF_BODIES = (400, 408, 413)
"""A body that cannot be read, that stops arriving, and that is too large."""

Document = dict[str, Any]

_NAMED = {"client_id": CLIENT_ID, "session_id": SESSION_ID}
"""What paths and queries name, by the names of their parameters."""


def operation_id(route: APIRoute) -> str:
    """Return the name that generated clients give the operation: its handler's, which no two share."""
    return route.name


def describe_routes(
    app: FastAPI,
    *,
    errors: Callable[[str, int], Document],
    shapes: tuple[type[BaseModel], ...],
    settings: Settings,
    stores_nothing: tuple[str, ...],
) -> None:
    """Complete the app's document.

    `errors` gives the OpenAPI response of a path for a status, and `shapes` are the bodies of all of them. Where no
    key is needed the document says that one may be left out, and that clients have to be named. Whatever changes
    something can find the disk full, except below the paths of `stores_nothing`.
    """
    generate = app.openapi

    def openapi() -> Document:
        if app.openapi_schema:
            return app.openapi_schema
        document: Document = _settled(generate(), settings)
        _replace_validation_shapes(document, shapes)
        for path, operations in document["paths"].items():
            stores = not path.startswith(stores_nothing)
            for method, operation in operations.items():
                may_fill = (507,) if stores and method in _CHANGING else ()
                _add_errors(operation, partial(errors, path), may_fill)
                _state_ids(operation)
                if settings.admin_api_key is None and "security" in operation:
                    operation["security"].append({})
        app.openapi_schema = document
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI documents replacing this method


def _replace_validation_shapes(document: Document, shapes: tuple[type[BaseModel], ...]) -> None:
    held = document.setdefault("components", {}).setdefault("schemas", {})
    _, made = models_json_schema(
        [(shape, "serialization") for shape in shapes], ref_template="#/components/schemas/{model}"
    )
    held.update(made["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        held.pop(name, None)


def _add_errors(operation: Document, error: Callable[[int], Document], more: tuple[int, ...]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]  # FastAPI's own; the routes themselves say how they answer what does not validate
    for status in OF_ALL + more + (OF_BODIES if "requestBody" in operation else ()):
        responses.setdefault(str(status), error(status))
    operation["responses"] = dict(sorted(responses.items()))


def _state_ids(operation: Document) -> None:
    for parameter in operation.get("parameters", ()):
        form = _NAMED.get(parameter["name"], {})
        schema = parameter.get("schema", {})
        for one in schema.get("anyOf", [schema]):
            if one.get("type") == "string":
                one.update(form)


def _settled(part: Any, settings: Settings) -> Any:
    """Return a copy in which the settings stand in the place of the marks (app/schemas/stated.py)."""
    if isinstance(part, list):
        return [_settled(one, settings) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: _settled(one, settings) for name, one in part.items() if name not in (AT_MOST, NEEDED, AS_JSON)}
    made |= {keyword: getattr(settings, name) for keyword, name in part.get(AT_MOST, {}).items()}
    if AS_JSON in part.get("schema", ()):
        del made["schema"]
        made["content"] = {"application/json": {"schema": part["schema"][AS_JSON]}}
    return made if settings.admin_api_key else _with_needed(part, made)


def _with_needed(part: Document, made: Document) -> Document:
    """Return `made` of `part` with what is marked as needed required, and never null."""
    if NEEDED in part:
        values = [one for one in made.pop("anyOf") if one != {"type": "null"}]
        return made | (values[0] if len(values) == 1 else {"anyOf": values})
    if NEEDED in part.get("schema", ()):
        return made | {"required": True}
    properties = part.get("properties", {})
    needed = [name for name, one in properties.items() if isinstance(one, dict) and NEEDED in one]
    return made | {"required": [*made.get("required", ()), *needed]} if needed else made
