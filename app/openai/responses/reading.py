"""What a request for a response amounts to: the question, the conversation before it, and where that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage

from app.common.errors import InvalidInput
from app.common.lives import Standing
from app.openai.responses.places import MOST_COPIED, Conversations, Place
from app.openai.responses.requests import InputItem, ResponseRequest
from app.openai.schemas import ChatMessage
from app.openai.shapes import Conversation, read_conversation


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a client. `history` None: its session holds what came before, and keeps the turn."""

    question: str
    instructions: str
    tokens: int
    place: Place
    history: Sequence[BaseMessage] | None

    @property
    def stored(self) -> bool:
        """Whether the turn is kept."""
        return self.history is None


def read_request(body: ResponseRequest, conversations: Conversations, standing: Standing, *, max_tokens: int) -> Asked:
    """Take a request apart. Blocks, as it may look into what is stored.

    The user's messages after the last answer are the question. An answer that is named by its id, in
    `previous_response_id` or as the last answer of the input, stands for its whole conversation, which goes on. A
    conversation that is sent as text is not stored; where it names answers too, its latest messages count. Raises
    InvalidInput when nothing is asked, and NotFound.
    """
    items = body.input
    end = next((n for n in range(len(items), 0, -1) if _is_answer(items[n - 1])), 0)
    earlier, new = items[:end], items[end:]
    place = _continued(body, earlier)
    before = [] if place else _told(earlier, conversations)
    if place and body.store is False:
        before, place = [ChatMessage(role=m.role, content=m.content) for m in conversations.until(place)], None
    read = read_conversation([*_instructing(body), *_rules(items), *before, *_question(new)], max_tokens=max_tokens)
    if before or body.store is False:
        return _asked(read, Place.first(), read.history)
    return _asked(read, conversations.after(place, standing) if place else Place.first(), None)


def _asked(read: Conversation, place: Place, history: Sequence[BaseMessage] | None) -> Asked:
    return Asked(read.question, read.instructions, read.tokens, place, history)


def _continued(body: ResponseRequest, earlier: Sequence[InputItem]) -> Place | None:
    """Return the turn whose conversation goes on, if one is named."""
    last = earlier[-1] if earlier else None
    if body.previous_response_id:
        if last is not None and last.type == "message":
            raise InvalidInput("With previous_response_id send only what is new: no earlier answers.")
        return Place.of(body.previous_response_id)
    return Place.of(last.id or "") if last is not None and last.type == "item_reference" else None


def _is_answer(item: InputItem) -> bool:
    if item.type == "item_reference":
        return (item.id or "").startswith("msg_")
    return item.type == "message" and item.role == "assistant"


def _speaks(item: InputItem) -> bool:
    return item.role == "user" or _is_answer(item)


def _told(earlier: Sequence[InputItem], conversations: Conversations) -> list[ChatMessage]:
    spoken = [item for item in earlier if _speaks(item)]
    if any(item.type == "item_reference" for item in spoken):
        spoken = spoken[-MOST_COPIED:]  # each is looked up
    return [_message(item, conversations) for item in spoken]


def _message(item: InputItem, conversations: Conversations) -> ChatMessage:
    if item.type == "message":
        return ChatMessage(role=item.role or "user", content=item.content)
    return ChatMessage(role="assistant", content=conversations.answer(Place.of(item.id or "")))


def _instructing(body: ResponseRequest) -> list[ChatMessage]:
    return [ChatMessage(role="system", content=body.instructions)] if body.instructions else []


def _rules(items: Sequence[InputItem]) -> list[ChatMessage]:
    return [ChatMessage(role="system", content=item.content) for item in items if item.role in ("system", "developer")]


def _question(new: Sequence[InputItem]) -> list[ChatMessage]:
    texts = [text for item in new if item.role == "user" and (text := (item.content or "").strip())]
    if not texts:
        raise InvalidInput("input must end with a user message that holds the question.", code="no_question")
    return [ChatMessage(role="user", content="\n\n".join(texts))]
