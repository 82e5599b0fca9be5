"""Strings in JSON bodies. Pydantic lets half of a surrogate pair through where it takes a string as it is."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr, StringConstraints
from pydantic_core import PydanticCustomError

from app.schemas.stated import at_most


def valid(text: str) -> str:
    """Return the text; raises a validation error when it holds half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("string_unicode", "Input should be a valid string, without lone surrogates") from None
    return text


Unicode = AfterValidator(valid)
LENGTH = at_most("maxLength", "max_message_chars")
ValidStr = Annotated[StrictStr, Unicode]
Question = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), Field(json_schema_extra={"pattern": r"\S", **LENGTH})
]
"""A text that is not blank; how long it may be is a setting."""
