"""Filters on the wire: fields with values, or comparisons that are combined."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.common.filters import Operator
from app.schemas.text import ValidStr, valid

Value = ValidStr | StrictBool | StrictInt | StrictFloat
Values = list[ValidStr | StrictBool | StrictInt | StrictFloat]


class ComparisonFilter(BaseModel):
    """A comparison of one field."""

    type: Operator
    key: ValidStr = Field(
        description="document_id, source, type, tags, created_at, updated_at, page, section, chunk_index, or "
        "`metadata.` and a key; below /v1 a key of metadata needs no `metadata.`."
    )
    value: Value | Values = Field(description="A list for `in` and `nin`.")


class CompoundFilter(BaseModel):
    """Several filters of which all, or any one, have to hold."""

    type: Literal["and", "or"]
    filters: list["Filter"] = Field(json_schema_extra={"minItems": 1})


Filter = Annotated[ComparisonFilter | CompoundFilter, Field(discriminator="type")]


def _wanted(value: object) -> object:
    """Check what a field is compared with; whether its field can have such a value is checked later."""
    if not isinstance(value, dict):
        return _value(value)
    if not value or not value.keys() <= _OPERATORS:
        raise PydanticCustomError("filter_operator", "Operators are eq, ne, gt, gte, lt, lte, in, nin and contains")
    return {operator: _value(one) for operator, one in value.items()}


def _value(value: object) -> object:
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str | int | float):  # true and false are numbers to Python
            raise PydanticCustomError(
                "filter_value", "Input should be a text, a number, true, false, or a list of them"
            )
        if isinstance(one, str):
            valid(one)
    return value


_OPERATORS = frozenset(get_args(Operator))
_ONE: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}
_MANY = {"type": "array", "items": _ONE}
_SCHEMA = {
    "anyOf": [
        *_ONE["anyOf"],
        _MANY,
        {
            "type": "object",
            "properties": {name: _MANY if name in ("in", "nin") else _ONE for name in get_args(Operator)},
            "additionalProperties": False,
        },
    ]
}
Wanted = TypeAliasType("Wanted", Annotated[Any, BeforeValidator(_wanted), WithJsonSchema(_SCHEMA)])
"""A value, a list of which any may fit, or operators with values that all have to hold."""


class FieldFilters(BaseModel):
    """Which passages count. All that is given has to hold.

    A field is a value, a list of which any may fit, or operators, such as {"gte": 2026}.
    """

    model_config = ConfigDict(extra="forbid")

    document_id: Wanted | None = None
    source: Wanted | None = Field(None, description="The file's name, whole.")
    type: Wanted | None = Field(None, description="The kind of file: pdf, docx, txt, ...")
    tags: Wanted | None = None
    metadata: dict[ValidStr, Wanted] | None = Field(None, description="By the keys of the documents' metadata.")
    created_at: Wanted | None = Field(None, description="A date, or seconds since the epoch.")
    updated_at: Wanted | None = None
    page: Wanted | None = None
    section: Wanted | None = Field(None, description="The headings above the passage, as answers show them.")
    chunk_index: Wanted | None = None


def _shape(value: object) -> str:
    """Tell which shape a filter has. A field `type` is a kind of file where nothing is compared or combined."""
    if isinstance(value, CompoundFilter) or (isinstance(value, Mapping) and "filters" in value):
        return "compound"
    if isinstance(value, ComparisonFilter) or (isinstance(value, Mapping) and "key" in value):
        return "comparison"
    return "fields"


AnyFilter = Annotated[
    Annotated[FieldFilters, Tag("fields")]
    | Annotated[ComparisonFilter, Tag("comparison")]
    | Annotated[CompoundFilter, Tag("compound")],
    Discriminator(_shape),
]
"""The service's own shape, or OpenAI's."""
