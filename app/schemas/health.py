"""Health on the wire."""

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """The service and what it runs on."""

    status: Literal["healthy", "degraded"]
    timestamp: float
    model: str
    vector_store: str
    session_storage: str
    database_path: str


class Live(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The stores answer too."""

    status: Literal["ready"] = "ready"
