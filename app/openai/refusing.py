"""What a request may say, and what is refused by name: a feature that is known and that this service does not have."""

from collections.abc import Collection
from typing import LiteralString

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.common.errors import UNSUPPORTED


def only(allowed: Collection[object], *, say: LiteralString) -> AfterValidator:
    """Refuse a feature that is not here, but not a request that spells out that it does without."""

    def check(value: object) -> object:
        # To Python true is 1, and false is 0.
        if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in allowed):
            raise PydanticCustomError(UNSUPPORTED, say)
        return value

    return AfterValidator(check)
