"""What every question has to keep to, wherever it is asked."""

from app.common.errors import InvalidInput
from app.config import Settings


def require_length(text: str, name: str, settings: Settings) -> None:
    """Raise InvalidInput when a question is longer than the setting MAX_MESSAGE_CHARS allows."""
    limit = settings.max_message_chars
    if len(text) > limit:
        raise InvalidInput(f"{name} is longer than {limit} characters; make it shorter.", code="message_too_long")
