"""How much of an answer is read, whatever the vendor sends: an answer without end must cost nothing but itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from app.services.llm.errors import AnswerRefused, too_much, unreadable

CHARACTERS_PER_TOKEN = 8
"""More than in any language; a run of spaces or dashes may have more, and nobody misses its end."""
BYTES_PER_TOKEN = 2048
"""A streamed token comes in some hundred bytes of JSON."""
BYTES_BESIDES = 256 << 10


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """What an answer of `tokens` may be."""

    tokens: int

    @property
    def characters(self) -> int:
        """The most text that is read as the answer."""
        return self.tokens * CHARACTERS_PER_TOKEN

    @property
    def response_bytes(self) -> int:
        """The most that is read of one HTTP response."""
        return self.tokens * BYTES_PER_TOKEN + BYTES_BESIDES


class AnswerText:
    """An answer's text as it comes: `add` returns what of a piece may be passed on. `full` when the bound is reached.

    Halves of characters beyond U+FFFF, which some servers send in two pieces, are put together again. Raises
    UpstreamFailed (model_bad_answer) for a half that stays alone: it is no text, and cannot be sent or stored.
    """

    def __init__(self, characters: int) -> None:
        self._left = characters
        self._pieces: list[str] = []
        self._half = ""
        self.full = False

    @property
    def text(self) -> str:
        """All that was passed on."""
        return "".join(self._pieces)

    def add(self, piece: str) -> str:
        """Take in the next piece."""
        piece, self._half = self._half + piece, ""
        if len(piece) > self._left:
            piece, self.full = piece[: self._left], True
        if piece and _is_high_half(piece[-1]) and not self.full:
            piece, self._half = piece[:-1], piece[-1]
        elif self.full and piece and _is_high_half(piece[-1]):
            piece = piece[:-1]
        whole = _whole(piece)
        self._left -= len(whole)
        self._pieces.append(whole)
        return whole

    def end(self) -> None:
        """Check that nothing is missing."""
        if self._half and not self.full:
            raise unreadable()


def _is_high_half(char: str) -> bool:
    return "\ud800" <= char <= "\udbff"


def _whole(text: str) -> str:
    """Return the text with its halves put together."""
    try:
        text.encode()
    except UnicodeEncodeError:
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError as exc:
            raise unreadable() from exc
    return text


def bounded(stream_type: type[Any], limit: int) -> "Callable[[Any], Awaitable[None]]":
    """Return a hook for an HTTP client (httpx or httpx2) that reads no more than `limit` bytes of any response.

    `stream_type` is the library's AsyncByteStream. Compressed responses are refused, since a few bytes of them may
    become any number; the client has to ask for none (`Accept-Encoding: identity`).
    """

    class Bounded(stream_type):  # type: ignore[misc] # its type is known at run time only
        def __init__(self, source: Any) -> None:
            self._source = source

        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen = 0
            async for part in self._source:
                seen += len(part)
                if seen > limit:
                    raise AnswerRefused(too_much())
                yield part

        async def aclose(self) -> None:
            await self._source.aclose()

    async def bound(response: Any) -> None:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        response.stream = Bounded(response.stream)
        if encoding != "identity":
            await response.aclose()
            raise AnswerRefused(unreadable())

    return bound
