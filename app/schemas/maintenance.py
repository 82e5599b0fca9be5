"""The operator's work on the wire."""

from pydantic import BaseModel, Field


class Reembedding(BaseModel):
    """How far the present run is, or the last one since the start."""

    running: bool
    model: str = Field(description="The embedding model in use.")
    waiting: int = Field(description="Clients whose documents still have another model.")
    done: int = Field(description="Clients that this run has finished.")
    texts: int = Field(description="Texts that this run has embedded.")
    failed: dict[str, str] = Field(description="Clients that this run could not finish, with the code of the error.")
