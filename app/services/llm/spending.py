"""Tokens of one call to the vendor: as it counted them, or an estimate where it gives no count or was left early."""

import asyncio
import math
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from langchain_core.messages import BaseMessage

from app.common.errors import UpstreamTimeout
from app.common.ids import ClientId
from app.common.metering import Meter, Usage
from app.services.llm import types
from app.telemetry.counting import count_tokens

BYTES_PER_TOKEN = 3.6
"""English has 4 to 5 bytes a token in today's tokenizers, German 3.5 to 4, Chinese 3 to 4: rather low than high."""
_LEFT = (asyncio.CancelledError, GeneratorExit, UpstreamTimeout)
"""The call was under way when its caller left or its time was over: the vendor had its prompt."""


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text` from its UTF-8 length; no vocabulary, no download."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


class Spending:
    """What one call costs: a block around it, told what comes, that counts at its end however it ends.

    A call that the vendor refuses costs nothing. One that is answered costs what the vendor says, also when the answer
    cannot be used. Where it says nothing, because the call was left or broke off or it never does, prompt and answer
    are estimated, as far as they came.
    """

    def __init__(self, client_id: ClientId, model: str, messages: Sequence[BaseMessage], meter: Meter) -> None:
        self._client_id = client_id
        self._model = model
        self._messages = messages
        self._meter = meter
        self._pieces: list[str] = []
        self._usage: types.Usage | None = None

    def note(self, piece: str) -> None:
        """Take note of text that the vendor sent."""
        if piece:
            self._pieces.append(piece)

    def counted(self, usage: types.Usage | None) -> None:
        """Take note of the vendor's own count, if it gave one."""
        self._usage = usage or self._usage

    def __enter__(self) -> Self:
        """Begin the call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Count what was spent."""
        if self._usage is not None:
            self._count(self._usage.prompt_tokens, self._usage.completion_tokens, estimated=False)
        elif error is None or self._pieces or isinstance(error, _LEFT):
            asked = sum(estimate_tokens(str(message.text)) for message in self._messages)
            self._count(asked, estimate_tokens("".join(self._pieces)), estimated=True)

    def _count(self, tokens_in: int, tokens_out: int, *, estimated: bool) -> None:
        count_tokens(tokens_in, tokens_out, estimated=estimated)
        used = Usage(
            model_calls=1,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_estimated=tokens_in + tokens_out if estimated else 0,
        )
        self._meter.count(self._client_id, used, model=self._model)
