"""What the rules need to know of the conversation before a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage


@dataclass(frozen=True, slots=True)
class Spoken:
    """The last question and answer; empty where there is none."""

    question: str = ""
    answer: str = ""


NOTHING = Spoken()


def spoken_in(history: Sequence[BaseMessage]) -> Spoken:
    """Return what was said last. A summary of what was said earlier is not looked at."""
    answer = _last(history, AIMessage)
    return Spoken(_last(history, HumanMessage), answer)


def _last(history: Sequence[BaseMessage], kind: type[BaseMessage]) -> str:
    return next((str(message.text) for message in reversed(history) if isinstance(message, kind)), "")
