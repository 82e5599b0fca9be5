"""Cursors in queries: their form is stated here for programs, and checked by app/common/cursors.py."""

from typing import Annotated, Any

from fastapi import Query

from app.common.cursors import CLIENT_PLACE_FORM, OFFSET_FORM, PLACE_FORM, RATED_FORM

_NEXT = "`next_cursor` of the page before."


def _form(form: str) -> dict[str, Any]:
    return {"pattern": f"^({form})$"}


OffsetCursor = Annotated[str, Query(max_length=20, description=_NEXT, json_schema_extra=_form(OFFSET_FORM))]
PlaceCursor = Annotated[str, Query(max_length=200, description=_NEXT, json_schema_extra=_form(f"|{PLACE_FORM}"))]
ClientPlaceCursor = Annotated[
    str | None, Query(max_length=500, description=_NEXT, json_schema_extra=_form(CLIENT_PLACE_FORM))
]
RatedCursor = Annotated[str | None, Query(max_length=500, description=_NEXT, json_schema_extra=_form(RATED_FORM))]
