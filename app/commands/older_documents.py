"""What the doctor says of documents that answer, but not as new ones would."""

from collections.abc import Callable

from app.config import Settings
from app.services.embedding.source import name_of
from app.services.upkeep.inspection import Inspection


def report_older(found: Inspection, settings: Settings, say: Callable[[str], None]) -> None:
    """Say which documents an earlier version stored, and which have another embedding model than the one in use."""
    if found.older_documents:
        say(
            f"{found.older_documents} documents were stored by an earlier version: they answer, but are found less "
            "well until they are uploaded again."
        )
    current = name_of(settings.embedding_model)
    others = [model for model in found.models.values() if model != current]
    if others:
        named = ", ".join(sorted(set(others)))
        say(
            f"{len(others)} clients have vectors of another model than EMBEDDING_MODEL ({named}): they answer while "
            "that one can be opened, until `python -m app.cli reembed` embeds them again."
        )
