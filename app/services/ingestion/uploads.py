"""Taking files in while their sender waits: receive, ingest, discard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from app.common.errors import TooLarge
from app.common.ids import ClientId
from app.common.labels import NONE_GIVEN, GivenLabels
from app.services.ingestion.ingest import ChunkSettings, FileResult, Ingestion, Options
from app.services.ingestion.spool import UploadSpool


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file as its sender sends it, with its labels.

    `too_large` is the error of one that was over the limit and was not kept.
    """

    filename: str
    stream: BinaryIO
    too_large: TooLarge | None = None
    labels: GivenLabels = NONE_GIVEN


class Uploads:
    """Takes files in, one after the other; nothing of a received file stays in the spool."""

    def __init__(self, *, spool: UploadSpool, ingestion: Ingestion, defaults: ChunkSettings) -> None:
        """`defaults` are how files are cut whose sender asks for nothing."""
        self._spool = spool
        self._ingestion = ingestion
        self._defaults = defaults

    def chunking(self, *, size: int | None = None, overlap: int | None = None) -> ChunkSettings:
        """Return how a file is cut when its sender asks for this; raises InvalidInput when that does not fit."""
        if overlap is None and size is not None:
            # A sender who names only a small size gets an overlap that fits it, not an error about one it never sent.
            overlap = min(self._defaults.overlap, size // 5)
        return ChunkSettings(
            self._defaults.size if size is None else size, self._defaults.overlap if overlap is None else overlap
        )

    def take(
        self, client_id: ClientId, file: Incoming, chunking: ChunkSettings | None = None, options: Options | None = None
    ) -> FileResult:
        """Take in one file. The reason why it failed is in the result, not raised."""
        if file.too_large is not None:
            return FileResult(file.filename, "failed", error=file.too_large)
        upload = self._spool.receive(file.filename, file.stream)
        try:
            wanted = replace(options or Options(), labels=file.labels)
            return self._ingestion.ingest(client_id, upload, chunking or self._defaults, wanted)
        finally:
            upload.discard()

    def take_all(
        self, client_id: ClientId, files: Sequence[Incoming], chunking: ChunkSettings, options: Options | None = None
    ) -> list[FileResult]:
        """Take in the files, each for itself; raises the first one's error when all have failed."""
        results = [self.take(client_id, file, chunking, options) for file in files]
        errors = [result.error for result in results if result.error]
        if errors and len(errors) == len(results):
            raise errors[0]
        return results
