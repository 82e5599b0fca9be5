"""What keeps the clients' documents promises, whichever backend it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.common.errors import LimitReached
from app.common.ids import ClientId
from app.common.labels import NONE_GIVEN, GivenLabels, Labels
from app.common.lives import Standing
from app.common.passages import Chunk, ChunkSpan
from app.common.vectors import Vectors
from app.services.catalog.records import DocumentRecord
from app.services.tables import NewTable

Embed = Callable[[list[Chunk]], Vectors]
"""Returns a vector for each chunk."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How much one client may have; None is no limit."""

    documents: int | None = None
    chunks: int | None = None

    def require(self, *, documents: int, chunks: int) -> None:
        """Raise LimitReached when so many are more than there may be."""
        if self.documents is not None and documents > self.documents:
            raise LimitReached(
                f"This client may have {self.documents} documents and has them; delete some first.",
                code="limit_documents",
            )
        if self.chunks is not None and chunks > self.chunks:
            raise LimitReached(
                f"This client may have {self.chunks} chunks, and this document would make it more; "
                "delete documents first, or choose a larger chunk_size.",
                code="limit_chunks",
            )


@dataclass(frozen=True, slots=True)
class Succession:
    """What a new document of these bytes takes the place of.

    Always the documents of the same bytes, which would answer twice; those called `filename`, and the one of the id
    `document_id`, which has to be there, when they are given. `standing` is that of whoever brings it.
    """

    sha256: str
    filename: str | None = None
    document_id: str | None = None
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be stored: its record, its parts with one vector for each, the chunks of its list, its tables.

    Of the labels, what is not `given` is that of the document it takes the place of.
    """

    record: DocumentRecord
    parts: Sequence[Chunk]
    vectors: Vectors
    chunks: Sequence[ChunkSpan] = ()
    given: GivenLabels = NONE_GIVEN
    tables: Sequence[NewTable] = ()
    model: str | None = None
    """The embedding model of the vectors; None for the one in use."""


class Library(Protocol):
    """The clients' documents. Safe to call from many threads.

    Changes of one client happen one after the other, those of different clients do not wait for each other. Each is
    done whole or not at all, also when the process ends in between: `resume` then finishes or undoes it. What is not
    acknowledged is never found.
    """

    def require_standing(self, client_id: ClientId, standing: Standing) -> None:
        """Raise Conflict when all documents of the client were removed since that began, and what it raises itself."""

    def require_room(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        """Raise what `put` would raise now: LimitReached, InsufficientStorage when the disk is full, NotFound when the
        document to replace is not there, and what `require_standing` raises.
        """

    def put(self, document: NewDocument, succession: Succession, *, last_chance: Callable[[], None]) -> tuple[str, ...]:
        """Store and acknowledge the document; return the ids of those it replaced.

        They answer until it is acknowledged, and stay when it is not: then nothing of it is left. `last_chance` is
        called when nothing is written yet, and before the document is acknowledged; what it raises comes out of here.
        Labels that are not given come from the document that was replaced: the one of the id, else the newest of the
        name, else of the bytes. Raises LimitReached when the client has no room for it, NotFound when the document to
        replace is not there, OtherModel when the client has vectors of another model, what `require_standing` raises,
        and the errors of the stores.
        """

    def model(self, client_id: ClientId) -> str:
        """Return the embedding model that the client's vectors are of, or would be: a document's have to be too."""

    def outdated(self) -> Mapping[ClientId, str]:
        """Return the clients whose vectors are of another model than the one in use, with that model."""

    def reembed(self, client_id: ClientId, embed: Embed) -> None:
        """Embed all of the client's texts again with `embed`, which is the model in use; the old vectors answer
        until all new ones are there, and then only those.

        If the process ends in between, the old ones stay. Raises NotFound when the client has no documents, what
        `embed` raises, and the errors of the stores; then nothing has changed.
        """

    def keep(self, client_id: ClientId, succession: Succession, *, document_id: str) -> tuple[str, ...]:
        """Keep the document that is there already and remove what it takes the place of; return the ids of those.

        Raises NotFound when the document to replace is not there, and what `require_standing` raises.
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
        """Return the clients of which something could not be finished or undone, at the start or since."""

    def resume_client(self, client_id: ClientId) -> None:
        """Try again what could not be finished or undone of one client, and mend what was noted.

        Raises the errors of the stores.
        """

    def note_stale(self, client_id: ClientId) -> None:
        """Remember that what is derived from the client's texts lacks something: `unresumed` has the client then."""
