"""How a file is taken in, and the result of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from app.common.errors import AppError, InvalidInput
from app.common.labels import NONE_GIVEN, GivenLabels
from app.common.lives import Standing, always
from app.common.metering import UNMETERED, Meter

Stage = Literal["parsing", "chunking", "embedding", "storing"]
Report = Callable[[Stage, float], None]
"""Told the stage a file is in and how far the file is, 0 to 1. What it raises stops the work, which leaves nothing."""


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How text is cut: sizes in characters. Raises InvalidInput when the overlap is not smaller than the size."""

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if self.overlap >= self.size:
            raise InvalidInput(
                f"chunk_overlap ({self.overlap}) must be smaller than chunk_size ({self.size}).",
                code="invalid_chunk_settings",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What bounds the taking in of a file: how many chunks it may have, and its client's budgets."""

    max_chunks: int | None = None
    meter: Meter = UNMETERED


def _unwatched(_stage: Stage, _progress: float) -> None:
    """Do nothing: the report of a file that nobody follows."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is taken in, besides how it is cut.

    `by_name`: it takes the place of the client's documents of the same name. `replaces`: it takes the place of the
    document of this id, which has to be there. `document_id`: the id the document gets, made up when left out.
    `labels`: its metadata and tags; what is left out is that of the document it takes the place of.
    `still` is asked now and then whether the file is wanted; what it raises stops the work, as with `report`.
    `standing`: that of whoever sends it; the file is stored only if it still holds then.
    """

    by_name: bool = False
    replaces: str | None = None
    document_id: str | None = None
    labels: GivenLabels = NONE_GIVEN
    report: Report = _unwatched
    still: Callable[[], None] = always
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one file. `error` is set exactly when the status is `failed`."""

    filename: str
    status: Literal["ready", "duplicate", "failed"]
    document_id: str | None = None
    pages: int = 0
    chunks: int = 0
    duplicate_of: str | None = None
    replaced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: AppError | None = None
