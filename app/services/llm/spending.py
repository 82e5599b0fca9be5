"""Tokens of one call to the vendor: as it counted them, or an estimate where it gives no count or was left early."""

import math
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from app.services.llm.types import Completion
from app.telemetry.counting import count_tokens

BYTES_PER_TOKEN = 3.6
"""English has 4 to 5 bytes a token in today's tokenizers, German 3.5 to 4, Chinese 3 to 4: rather low than high."""


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text` from its UTF-8 length; no vocabulary, no download."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


class Spending:
    """What one call costs: told its pieces as they come, and settled once however it ends."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        self._messages = messages
        self._pieces: list[str] = []
        self._completion: Completion | None = None

    def note(self, piece: str | Completion) -> None:
        """Take note of a piece that the vendor sent."""
        if isinstance(piece, str):
            self._pieces.append(piece)
        else:
            self._completion = piece

    def settle(self) -> None:
        """Count what was spent."""
        usage = self._completion.usage if self._completion else None
        if usage is not None:
            count_tokens(usage.prompt_tokens, usage.completion_tokens, estimated=False)
            return
        written = self._completion.text if self._completion else "".join(self._pieces)
        asked = sum(estimate_tokens(str(message.text)) for message in self._messages)
        count_tokens(asked, estimate_tokens(written), estimated=True)
