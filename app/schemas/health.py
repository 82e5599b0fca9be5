"""Health on the wire."""

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The service and what it runs on."""

    status: Literal["healthy", "degraded"]
    timestamp: float
    model: str
    vector_store: str
    session_storage: str
    database_path: str | None = Field(description="Null in locked mode.")


class Live(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The stores answer too."""

    status: Literal["ready"] = "ready"
    outdated_clients: int | None = Field(
        None,
        description="Clients whose documents have another embedding model than the one in use: they answer, and an "
        "operator has them embedded again. Null in locked mode.",
    )
