"""Digests that were made before: of a document's present text, as another version is another document."""

import hashlib
import logging

from app.common.errors import AppError
from app.services.catalog.digests import OUTLINE, SUMMARY, DocumentDigests
from app.services.catalog.records import DocumentRecord
from app.services.digests.notes import Digest

logger = logging.getLogger(__name__)


class DigestCache:
    """Keeps digests with their documents. Blocks; safe to call from many threads."""

    def __init__(self, digests: DocumentDigests) -> None:
        self._digests = digests

    def get(self, record: DocumentRecord, question: str = "") -> Digest | None:
        """Return the digest that was made for a question, or the summary; None if there is none."""
        stored = self._digests.get(record.client_id, record.document_id, _topic(question))
        return Digest.from_stored(stored) if stored is not None else None

    def keep_outline(self, record: DocumentRecord, digest: Digest) -> None:
        """Keep a summary that was made without a model: what a model is asked later has no use for it."""
        self._keep(record, OUTLINE, digest)

    def keep(self, record: DocumentRecord, question: str, digest: Digest) -> None:
        """Keep a digest that is whole. What fails is logged: it can be made again."""
        if digest.whole:
            self._keep(record, _topic(question), digest)

    def _keep(self, record: DocumentRecord, topic: str, digest: Digest) -> None:
        try:
            self._digests.put(record.client_id, record.document_id, topic, digest.as_stored())
        except AppError as exc:
            extra = {"client": record.client_id, "document": record.document_id, "code": exc.code}
            logger.warning("digest not kept", extra=extra)


def _topic(question: str) -> str:
    plain = " ".join(question.casefold().split()).strip(" ?!.。？！")
    return hashlib.sha256(plain.encode()).hexdigest()[:32] if plain else SUMMARY
