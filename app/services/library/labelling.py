"""Labels of documents that take others' places, and traces of those that are changed."""

from collections.abc import Callable, Sequence

from app.common.labels import NO_LABELS, Labels
from app.services.catalog.records import DocumentRecord
from app.services.library.types import Succession


def inherited(outdated: Sequence[DocumentRecord], succession: Succession) -> Labels:
    """Return the labels that a new document gets from those it takes the place of."""

    def nearness(old: DocumentRecord) -> tuple[bool, bool, float]:
        return old.document_id == succession.document_id, old.filename == succession.filename, old.created_at

    return max(outdated, key=nearness).labels if outdated else NO_LABELS


def noting(change: Callable[[Labels], Labels], note: Callable[[], None]) -> Callable[[Labels], Labels]:
    """Return the same change, but `note` is called first when it takes something away."""

    def noted(before: Labels) -> Labels:
        after = change(before)
        if after.lacks(before):
            note()
        return after

    return noted
