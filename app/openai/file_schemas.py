"""OpenAI's shapes of files."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.openai.refusing import only
from app.schemas.ingest import IngestForm

PURPOSES = ("assistants", "user_data")
"""What a file may be for. Both mean the same here: its text can be found."""


class FileForm(IngestForm):
    """The form of an upload besides its file. What is not `purpose` or `expires_after` is the service's own."""

    purpose: Annotated[
        object, only(PURPOSES, say="Files are for file search here: send the purpose 'assistants' or 'user_data'.")
    ]
    expires_after: Annotated[
        object, only([None], say="Files stay until they are deleted: leave expires_after out.")
    ] = Field(None, alias="expires_after[anchor]")


class File(BaseModel):
    """A document, as a file. It is searched from the moment that it is `processed`."""

    id: str = Field(description="The document's id.")
    object: Literal["file"] = "file"
    bytes: int = Field(description="The size of what was uploaded.")
    created_at: int
    expires_at: None = None
    filename: str
    purpose: Literal["assistants"] = "assistants"
    status: Literal["uploaded", "processed"]
    status_details: None = None


class FileList(BaseModel):
    """Some of a client's files, newest first."""

    object: Literal["list"] = "list"
    data: list[File]
    first_id: str | None
    last_id: str | None
    has_more: bool


class FileDeleted(BaseModel):
    """A file that is gone."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": list(PURPOSES)},
                    },
                }
            }
        },
    }
}
