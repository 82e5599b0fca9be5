"""Numbers in JSON bodies: true and "3" are none, though Python would take them for some."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def strict_number(value: object) -> object:
    """Return `value` unless it is one that only Python would take for a number."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number_type", "Input should be a number")
    return value


_Strict = BeforeValidator(strict_number)

# The bounds come first: after the validator the OpenAPI document would not know them.
TopK = Annotated[int, Field(ge=1, le=50), _Strict]
ContextTokens = Annotated[int, Field(ge=100, le=100_000), _Strict]
KeyLifetime = Annotated[int, Field(ge=60, le=10 * 366 * 86400), _Strict]
Temperature = Annotated[float, Field(ge=0, le=2), _Strict]
PageNumber = Annotated[int, Field(ge=1, le=2**31 - 1), _Strict]
Offset = Annotated[int, Field(ge=0, le=2**31 - 1), _Strict]
PageSize = Annotated[int, Field(ge=1, le=200), _Strict]
Characters = Annotated[int, Field(ge=200, le=50_000), _Strict]
Similarity = Annotated[float, Field(ge=-1, le=1), _Strict]
