"""What is said when the documents do not hold an answer: what was looked for, and which documents come closest."""

import re
from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage, HumanMessage

from app.common.passages import Passage
from app.services.conversing.more_phrases import phrases_of
from app.services.conversing.types import Turn
from app.services.intents.folding import fold
from app.services.intents.types import Language
from app.services.words.languages import UNKNOWN, detect

NEAR = 0.2
"""The least value of a passage (see Passage) whose document is worth a look, though it does not hold the answer.

Of the sample questions that have an answer the best passage had 0.23 or more, of questions about other matters 0.18 or
less."""
MOST_CLOSE = 3
NAME_CHARS = 120
TOPIC_CHARS = 200

_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
_SPOKEN: Mapping[str, Language] = {"german": "de", "french": "fr", "spanish": "es", "italian": "it"}


def refusal(turn: Turn, query: str, passages: Sequence[Passage]) -> str:
    """Return the answer to a turn whose documents do not hold what `query` asks for.

    `passages` are what was found, best first: all of them are the client's own. It is in the question's language as far
    as its words tell, else in that of the questions before, or English.
    """
    # Without a model the questions before are put in front of a follow-up.
    asked = turn.question.text if query.endswith(turn.question.text) else query
    phrases = phrases_of(language_in(turn.question.text, turn.history))
    said = phrases.not_found.format(topic=_short(asked, TOPIC_CHARS))
    names = _closest(passages)
    return f"{said} {phrases.closest.format(names=', '.join(names))}" if names else said


def language_in(question: str, history: Sequence[BaseMessage]) -> Language:
    """Return in which of the languages of our phrases a question is asked; English for all others."""
    for text in (question, " ".join(str(message.text) for message in history if isinstance(message, HumanMessage))):
        if _KANA.search(text):
            return "ja"
        if _HAN.search(text):
            return "zh"
        if (language := detect(fold(text).split())) != UNKNOWN:
            return _SPOKEN.get(language, "en")
    return "en"


def _closest(passages: Sequence[Passage]) -> list[str]:
    names = dict.fromkeys(passage.chunk.source for passage in passages if passage.value >= NEAR)
    return [_short(name, NAME_CHARS) for name in list(names)[:MOST_CLOSE]]


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
