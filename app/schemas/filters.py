"""Filters on the wire: fields with values, or comparisons that are combined."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.common.filters import Operator
from app.schemas.filter_forms import comparison_form, field_form, metadata_form
from app.schemas.text import ValidStr, valid


def _value(value: object) -> object:
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str | int | float):  # true and false are numbers to Python
            raise PydanticCustomError(
                "filter_value", "Input should be a text, a number, true, false, or a list of them"
            )
        if isinstance(one, str):
            valid(one)
    return value


def _state_comparison(schema: dict[str, Any]) -> None:
    """Put which values go with which key and operator in the place of what pydantic knows of them."""
    stated = comparison_form(bare_keys=schema["title"] == "BareComparison")
    schema.pop("properties")
    schema.update(stated)


class ComparisonFilter(BaseModel):
    """A comparison of one field: `key` is its name, or `metadata.` and a key. `in` and `nin` take a list."""

    model_config = ConfigDict(json_schema_extra=_state_comparison)

    type: Operator
    key: ValidStr
    value: Annotated[Any, BeforeValidator(_value)]


class CompoundFilter(BaseModel):
    """Several filters of which all, or any one, have to hold."""

    type: Literal["and", "or"]
    filters: Sequence["Filter"] = Field(json_schema_extra={"minItems": 1})


class BareComparison(ComparisonFilter):
    """A comparison of one field: `key` is its name, or else a key of metadata. `in` and `nin` take a list."""


class BareCompound(CompoundFilter):
    """Several such filters of which all, or any one, have to hold."""

    filters: Sequence["BareFilter"] = Field(json_schema_extra={"minItems": 1})


Filter = Annotated[ComparisonFilter | CompoundFilter, Field(discriminator="type")]
BareFilter = Annotated[BareComparison | BareCompound, Field(discriminator="type")]
"""The same for callers who name metadata by its keys alone, as OpenAI's do."""


def _wanted(value: object) -> object:
    """Check what a field is compared with; whether its field can have such a value is checked later."""
    if not isinstance(value, dict):
        return _value(value)
    if not value or not value.keys() <= _OPERATORS:
        raise PydanticCustomError("filter_operator", "Operators are eq, ne, gt, gte, lt, lte, in, nin and contains")
    return {operator: _value(one) for operator, one in value.items()}


_OPERATORS = frozenset(get_args(Operator))
Wanted = Annotated[Any, BeforeValidator(_wanted)]
"""A value, a list of which any may fit, or operators with values that all have to hold."""


def _stated(field: str, description: str = "") -> WithJsonSchema:
    return WithJsonSchema(field_form(field) | ({"description": description} if description else {}))


class FieldFilters(BaseModel):
    """Which passages count. All that is given has to hold.

    A field is a value, a list of which any may fit, or operators, such as {"gte": 2026}.
    """

    model_config = ConfigDict(extra="forbid")

    document_id: Annotated[Wanted | None, _stated("document_id")] = None
    source: Annotated[Wanted | None, _stated("source", "The file's name, whole.")] = None
    type: Annotated[Wanted | None, _stated("type", "The kind of file: pdf, docx, txt, ...")] = None
    tags: Annotated[Wanted | None, _stated("tags")] = None
    metadata: Annotated[dict[ValidStr, Wanted] | None, WithJsonSchema(metadata_form())] = None
    created_at: Annotated[Wanted | None, _stated("created_at", "A date, or seconds since the epoch.")] = None
    updated_at: Annotated[Wanted | None, _stated("updated_at")] = None
    page: Annotated[Wanted | None, _stated("page")] = None
    section: Annotated[Wanted | None, _stated("section", "The headings above it, as answers show them.")] = None
    chunk_index: Annotated[Wanted | None, _stated("chunk_index")] = None


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
