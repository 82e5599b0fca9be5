"""Which part of a list of vector stores, or of files in one, is asked for."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from app.openai.files import Paging
from app.openai.refusing import only
from app.openai.stores.schemas import FileStatus
from app.services.catalog.records import DocumentStatus

STATUSES: dict[FileStatus, DocumentStatus] = {"completed": "ready", "in_progress": "indexing"}
"""What the states are called in the catalog; documents are in no others."""


async def get_store_paging(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str, Query(description="The id of the last one of the page before.")] = "",
    order: Annotated[Literal["desc"], Query(description="Newest first.")] = "desc",
    _before: Annotated[
        str, Query(alias="before"), only([""], say="Lists are read forwards: leave before out, and use after.")
    ] = "",
) -> Paging:
    """Return what the query asks for; `before` is refused by name."""
    return Paging(limit, after, order)


StorePagingDep = Annotated[Paging, Depends(get_store_paging)]
StatusQuery = Annotated[
    FileStatus | None, Query(alias="filter", description="Only those. No file is ever `failed` or `cancelled`.")
]
