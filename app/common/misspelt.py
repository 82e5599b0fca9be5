"""Names that are nearly right: a misspelt setting must not be overlooked, as that may leave a door open."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

from app.common.errors import StartupError

LIKE_IN_FILE = 0.75
LIKE_IN_ENVIRONMENT = 0.9
LONG_NAME = 12
"""The environment holds names of other programs; only long ones that are very like a setting's are taken for one."""
OTHERS = frozenset({"HOST", "PORT", "BASE_URL", "API_KEY", "FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY", "TORCH_INDEX_URL"})
OTHERS_BEGIN = ("RAG_", "OTEL_", "HF_", "UVICORN_", "COMPOSE_", "OPENAI_", "LANGCHAIN_", "LANGSMITH_")
"""Names that may stand in .env for Docker Compose, the command line and libraries."""


def misspelt(names: Iterable[str], known: Collection[str], *, likeness: float, shortest: int = 1) -> tuple[str, str]:
    """Return the first name that is not known but like one that is, with that one; two empty strings for none.

    `likeness` is from 0 to 1, the same. Names of fewer characters than `shortest` are not looked at.
    """
    for name in names:
        if name in known or len(name) < shortest:
            continue
        alike, nearest = max((SequenceMatcher(None, name, each).ratio(), each) for each in known)
        if alike >= likeness:
            return name, nearest
    return "", ""


def refuse_misspelt(
    names: Iterable[str], known: Collection[str], place: str, *, likeness: float, shortest: int = 1
) -> None:
    """Raise StartupError, which says where the name stands, when one of them is nearly that of a setting."""
    given = [name.upper() for name in names]
    asked = [name for name in given if name not in OTHERS and not name.startswith(OTHERS_BEGIN)]
    name, nearest = misspelt(asked, known, likeness=likeness, shortest=shortest)
    if name:
        raise StartupError(f"{name} {place} is not a setting; did you mean {nearest}? Rename it or take it out.")
