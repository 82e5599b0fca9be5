"""What a request may say, and what is refused by name: a feature that is known and that this service does not have."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from app.common.errors import UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Only:
    """Refuses a feature that is not here, but not a request that spells out that it does without."""

    allowed: Collection[object]
    say: LiteralString

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return one_of(*self.allowed)

    def _check(self, value: object) -> object:
        # To Python true is 1, and false is 0.
        if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in self.allowed):
            raise PydanticCustomError(UNSUPPORTED, self.say)
        return value


def only(allowed: Collection[object], *, say: LiteralString) -> Only:
    """Return what refuses all values but those that are allowed, with this sentence."""
    return Only(allowed, say)


def one_of(*values: object) -> JsonSchemaValue:
    """Return the schema that these values alone fit."""
    return {"anyOf": list(map(_exactly, values))}


def _exactly(value: object) -> JsonSchemaValue:
    """Return the schema that this value alone fits; of a list with entries, all are like the first."""
    if value is None:
        return {"type": "null"}
    if isinstance(value, list):
        items = _exactly(value[0]) if value else {}
        return {"type": "array", "items": items, "minItems": len(value), "maxItems": len(value)}
    if isinstance(value, dict):
        properties = {name: _exactly(one) for name, one in value.items()}
        return {"type": "object", "properties": properties, "required": [*value], "additionalProperties": False}
    return {"const": value}
