"""A tool's arguments, checked: the protocol's SDK hands on whatever an agent sends."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.common.errors import InvalidInput

A = TypeVar("A", bound=BaseModel)

_SHOWN = 3


def read_arguments(shape: type[A], arguments: Mapping[str, object]) -> A:
    """Return the arguments; raises InvalidInput, which says of each field what is wrong and not what was sent."""
    try:
        return shape.model_validate(dict(arguments))
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN]
    said = (f"{'.'.join(map(str, error['loc'])) or 'arguments'}: {error['msg'].rstrip('.')}" for error in errors)
    raise InvalidInput("; ".join(said) + ".")
