"""OpenAI's shapes of vector stores, of the files in them, and of batches of those."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.openai.refusing import only
from app.openai.search_schemas import Attributes, VectorSearchContent
from app.schemas.text import ValidStr

MOST_FILES = 256
"""In a batch: its id says which files it has, and has to fit an address."""

FileStatus = Literal["in_progress", "completed", "failed", "cancelled"]

_Id = Annotated[ValidStr, Field(min_length=1, max_length=100)]
_Ids = Annotated[list[_Id], Field(max_length=MOST_FILES)]
_NoStrategy = Annotated[
    object,
    only(
        [None, {"type": "auto"}],
        say="Files are cut when they are uploaded: leave chunking_strategy out; "
        "POST /v1/files takes chunk_size and chunk_overlap.",
    ),
]
_GivenAttributes = Annotated[
    dict[str, Any],
    Field(
        description="The document's metadata: texts, numbers, true or false. `tags`: its tags, with commas.",
        examples=[{"year": 2026, "language": "de"}],
    ),
]


class StoreRequest(BaseModel):
    """A vector store to name: it is the client's, and is made if there is no such client."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[ValidStr, Field(max_length=256)] | None = Field(None, description="The client's id, or none.")
    file_ids: _Ids = []
    description: Annotated[
        object, only([None, ""], say="Nothing is noted about a vector store: leave description out.")
    ] = None
    metadata: Annotated[
        object,
        only([None, {}], say="Nothing is noted about a vector store: leave metadata out; files have attributes."),
    ] = None
    expires_after: Annotated[
        object, only([None], say="Files stay until they are deleted: leave expires_after out.")
    ] = None
    chunking_strategy: _NoStrategy = None


class FileRequest(BaseModel):
    """A file to have in the vector store, where it is already."""

    model_config = ConfigDict(extra="forbid")

    file_id: _Id
    attributes: _GivenAttributes | None = Field(None, description="In the place of those there are; none leaves them.")
    chunking_strategy: _NoStrategy = None


class AttributesRequest(BaseModel):
    """New attributes."""

    model_config = ConfigDict(extra="forbid")

    attributes: _GivenAttributes | None = Field(description="In the place of those there are; null removes all.")


class BatchRequest(BaseModel):
    """Files to have in the vector store: either `file_ids`, with the same attributes, or `files`, each with its own."""

    model_config = ConfigDict(extra="forbid")

    file_ids: _Ids = []
    files: Annotated[list[FileRequest], Field(max_length=MOST_FILES)] = []
    attributes: _GivenAttributes | None = None
    chunking_strategy: _NoStrategy = None


class FileCounts(BaseModel):
    """How many files are in which state. What cannot be read is refused when it is uploaded, so none ever failed."""

    in_progress: int
    completed: int
    failed: Literal[0] = 0
    cancelled: int = 0
    total: int


class VectorStore(BaseModel):
    """A client, as a vector store."""

    id: str = Field(description="The client's id.")
    object: Literal["vector_store"] = "vector_store"
    created_at: int
    name: str = Field(description="The client's id.")
    usage_bytes: int = Field(description="The size of all that was uploaded.")
    file_counts: FileCounts
    status: Literal["in_progress", "completed"]
    expires_after: None = None
    expires_at: None = None
    last_active_at: int
    metadata: dict[str, str] = {}


class VectorStoreDeleted(BaseModel):
    """An empty vector store that was given up."""

    id: str
    object: Literal["vector_store.deleted"] = "vector_store.deleted"
    deleted: Literal[True] = True


class NoStrategy(BaseModel):
    """How a file was cut is not told in OpenAI's terms."""

    type: Literal["other"] = "other"


class StoreFile(BaseModel):
    """A document, as a file in a vector store."""

    id: str = Field(description="The document's id, which is the file's.")
    object: Literal["vector_store.file"] = "vector_store.file"
    created_at: int
    usage_bytes: int = Field(description="The size of what was uploaded.")
    vector_store_id: str
    status: FileStatus
    last_error: None = None
    attributes: Attributes = Field(description="The document's metadata; lists and tags as text with commas.")
    chunking_strategy: NoStrategy = NoStrategy()


class StoreFileDeleted(BaseModel):
    """A document that is gone."""

    id: str
    object: Literal["vector_store.file.deleted"] = "vector_store.file.deleted"
    deleted: Literal[True] = True


class FileContentPage(BaseModel):
    """The text that was read from a file, whole. There is never a second page."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: list[VectorSearchContent]
    has_more: Literal[False] = False
    next_page: None = None


class FileBatch(BaseModel):
    """Files that were named together. Those deleted since count as `cancelled`."""

    id: str
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed"]
    file_counts: FileCounts


Item = TypeVar("Item", VectorStore, StoreFile)


class Listed(BaseModel, Generic[Item]):
    """Some of the things, newest first."""

    object: Literal["list"] = "list"
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool


class VectorStoreList(Listed[VectorStore]):
    """Some of the vector stores, newest first."""


class StoreFileList(Listed[StoreFile]):
    """Some of the files in a vector store, newest first."""
