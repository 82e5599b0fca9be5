"""Clients and their keys on the wire. Times are seconds since the epoch."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.schemas.chat import Message
from app.schemas.ids import NamedClient
from app.schemas.numbers import KeyLifetime, Temperature, TopK

MAX_SYSTEM_PROMPT = 4000
MAX_MCP_DESCRIPTION = 2000

Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
SystemPrompt = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SYSTEM_PROMPT, pattern=r"^[^\x00]+$")
]
AgentDescription = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MCP_DESCRIPTION, pattern=r"^[^\x00]+$")
]
# A name such as "German" or "pt-BR": it becomes part of a sentence in the prompt, and no more than that.
Language = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\W\d_][\w ()'-]*$")]
ModelName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$")
]


class NewClient(BaseModel):
    """A client to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"client_id": "acme-gmbh"}, {}]})

    client_id: NamedClient | None = Field(None, description="Its name; generated when left out.")


class ClientCreated(BaseModel):
    """A new client with its first key."""

    client_id: str
    api_key: str = Field(description="Shown this once; only a hash is kept.")
    key_id: str


class ClientInfo(BaseModel):
    """One client."""

    client_id: str
    document_count: int
    chunk_count: int
    created_at: float
    last_modified: float


class ClientList(BaseModel):
    """Clients in the order of their ids."""

    clients: list[ClientInfo]
    total: int
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")


class ClientErased(Message):
    """What was erased."""

    client_id: str
    documents_deleted: int
    sessions_deleted: int
    keys_deleted: int
    compaction: "Compaction"


class Compaction(BaseModel):
    """What it took to leave no trace of deleted text in any file."""

    seconds: float
    bytes_before: int
    bytes_after: int


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "web shop", "expires_in": 7776000}]})

    label: Label = ""
    expires_in: KeyLifetime | None = Field(None, description="Seconds; never when left out.")


class KeyInfo(BaseModel):
    """What is known of a key after it was shown."""

    key_id: str
    label: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None = Field(description="To the minute.")


class KeyCreated(KeyInfo):
    """A new key."""

    client_id: str
    api_key: str = Field(description="Shown this once; only a hash is kept.")


class KeyList(BaseModel):
    """A client's keys, oldest first."""

    keys: list[KeyInfo]


class ClientSettings(BaseModel):
    """How a client's questions are answered; null leaves it to the service's own setting."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "system_prompt": "You speak for a bicycle shop. Be friendly and name the chapter of the manual.",
                    "language": "German",
                    "top_k": 6,
                    "temperature": 0.2,
                    "model": None,
                    "mcp_description": "Manuals and price lists of the bicycle shop, from 2015 on.",
                }
            ]
        },
    )

    system_prompt: SystemPrompt | None = Field(
        None, description="Instructions of the client's own, followed after the service's rules, never instead of them."
    )
    language: Language | None = Field(None, description="The answers' language; that of the question when null.")
    top_k: TopK | None = Field(None, description="Passages an answer is made from (setting TOP_K).")
    temperature: Temperature | None = Field(None, description="(setting TEMPERATURE)")
    model: ModelName | None = Field(
        None,
        description="A model of the provider's (setting MODEL_NAME). A client's key may choose from the service's own "
        "(MODEL_NAME, FALLBACK_MODEL_NAME), the operator any.",
    )
    mcp_description: AgentDescription | None = Field(
        None, description="What agents are told of the documents, in the description of each tool at /mcp."
    )
