"""What keeps the clients' documents promises, whichever backend it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.common.errors import Conflict
from app.common.ids import ClientId
from app.common.labels import NONE_GIVEN, GivenLabels, Labels
from app.common.passages import Chunk, ChunkSpan
from app.common.vectors import Vectors
from app.services.catalog.records import DocumentRecord


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How much one client may have; None is no limit."""

    documents: int | None = None
    chunks: int | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """What a new document of these bytes takes the place of.

    Always the documents of the same bytes, which would answer twice; those called `filename`, and the one of the id
    `document_id`, which has to be there, when they are given. `life` is what `Library.life` said before the file was
    read.
    """

    sha256: str
    filename: str | None = None
    document_id: str | None = None
    life: int = 0


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be stored: its record, its parts with one vector for each, and the chunks of its list.

    Of the labels, what is not `given` is that of the document it takes the place of.
    """

    record: DocumentRecord
    parts: Sequence[Chunk]
    vectors: Vectors
    chunks: Sequence[ChunkSpan] = ()
    given: GivenLabels = NONE_GIVEN


class Library(Protocol):
    """The clients' documents. Safe to call from many threads.

    Changes of one client happen one after the other, those of different clients do not wait for each other. Each is
    done whole or not at all, also when the process ends in between: `resume` then finishes or undoes it. What is not
    acknowledged is never found.
    """

    def life(self, client_id: ClientId) -> int:
        """Return the present life of the client, which ends when all its documents are removed."""

    def require_room(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        """Raise what `put` would raise now: LimitReached, or NotFound when the document to replace is not there."""

    def put(self, document: NewDocument, succession: Succession, *, last_chance: Callable[[], None]) -> tuple[str, ...]:
        """Store and acknowledge the document; return the ids of those it replaced.

        They answer until it is acknowledged, and stay when it is not: then nothing of it is left. `last_chance` is
        called when nothing is written yet; what it raises comes out of here. Labels that are not given come from the
        document that was replaced: the one of the id, else the newest of the name, else of the bytes. Raises
        LimitReached when the client
        has no room for it, NotFound when the document to replace is not there, Conflict when the client's life
        ended since the file was begun, and the errors of the stores.
        """

    def keep(self, client_id: ClientId, succession: Succession, *, document_id: str) -> tuple[str, ...]:
        """Keep the document that is there already and remove what it takes the place of; return the ids of those.

        Raises NotFound when the document to replace is not there.
        """

    def relabel(self, client_id: ClientId, document_id: str, change: Callable[[Labels], Labels]) -> DocumentRecord:
        """Give a document the labels that `change` makes of its own, and return what it is then.

        Questions that begin later are filtered by the new ones. Nothing else changes them meanwhile. Raises NotFound,
        Conflict while the document is not ready, and what `change` raises; then nothing changes.
        """

    def remove(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        """Remove one document and return what it was; raises NotFound when the client has none of that id.

        No question finds it from the moment this begins. Its traces on disk are compacted away soon after.
        """

    def remove_all(self, client_id: ClientId, *, forget_client: bool = False) -> int:
        """Remove all documents of the client, if there are any, and return how many; compacts nothing.

        The client's life ends: documents that are being read come too late. With `forget_client` its record and keys
        go in the last step too.
        """

    def resume(self) -> int:
        """Finish or undo what a crash interrupted, before anyone else writes; return what resisted.

        A client whose store fails does not keep the service from starting: see `resume_client`.
        """

    def unresumed(self) -> Sequence[ClientId]:
        """Return the clients of which `resume` had to leave something."""

    def resume_client(self, client_id: ClientId) -> None:
        """Try again what `resume` left of one client, and mend what was noted. Raises the errors of the stores."""

    def note_stale(self, client_id: ClientId) -> None:
        """Remember that what is derived from the client's texts lacks something: `unresumed` has the client then."""


def deleted_meanwhile() -> Conflict:
    """Return the error of a document that comes after the end of its client's life."""
    return Conflict(
        "The client's documents were deleted while this file was being read; upload it again if it is wanted.",
        code="deleted_meanwhile",
    )
