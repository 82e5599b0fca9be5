"""Uploads on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.config import MAX_CHUNK_SIZE, MIN_CHUNK_SIZE


def _true_or_false(value: Any) -> Any:
    """Let a form say `true` or `false` in any case, and nothing else that Python takes for one of them."""
    return {"true": True, "false": False}.get(value.lower(), [value]) if isinstance(value, str) else value


class IngestForm(BaseModel):
    """The form's fields besides the files. An empty field counts as left out, as browsers send it."""

    client_id: str | None = None
    chunk_size: int | None = Field(None, ge=MIN_CHUNK_SIZE, le=MAX_CHUNK_SIZE)
    chunk_overlap: int | None = Field(None, ge=0, lt=MAX_CHUNK_SIZE)
    replace: Annotated[bool, BeforeValidator(_true_or_false)] = False


class FileProblem(BaseModel):
    """Why a file was not taken in."""

    code: str
    detail: str


class FileResult(BaseModel):
    """The result of one file."""

    document_id: str | None = Field(None, description="Set when the file is ready or a duplicate.")
    filename: str
    status: str
    pages: int
    chunks: int = Field(description="How many chunks were added; none for a duplicate.")
    duplicate_of: str | None = None
    replaced: list[str] = Field([], description="The documents whose place this one has taken.")
    warnings: list[str] = []
    error: FileProblem | None = None


class DocumentResult(FileResult):
    """The result of one file of a finished upload."""

    status: Literal["ready", "duplicate", "failed"]


class IngestResponse(BaseModel):
    """The result of the upload. `documents_processed` counts the files that did not fail."""

    message: str
    documents_processed: int
    chunks_created: int
    client_id: str = Field(description="Use this for chat requests.")
    api_key: str | None = Field(None, description="In locked mode, for a client made by this upload: shown this once.")
    documents: list[DocumentResult]
