"""Reading the intent of a message: the rules of all languages, tried one after the other."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from app.services.intents.any_order.reading import read_free
from app.services.intents.chinese import CHINESE
from app.services.intents.context import NOTHING, Spoken
from app.services.intents.english import ENGLISH
from app.services.intents.folding import MAX_MESSAGE, as_written, expand, fold
from app.services.intents.french import FRENCH
from app.services.intents.german import GERMAN
from app.services.intents.italian import ITALIAN
from app.services.intents.japanese import JAPANESE
from app.services.intents.spanish import SPANISH
from app.services.intents.tasks import read_task
from app.services.intents.types import SEARCH, Intent, Kind, Language, Reading, Smalltalk
from app.services.intents.wording import Rules, Wording

WORDINGS: Sequence[Wording] = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, CHINESE, JAPANESE)

MAX_PHRASES = 80
"""Characters of a message that is a run of phrases: a longer one says something."""
MAX_ARTICLE = 4
"""Letters of "the", "dieses" is a longer one."""
OFFER = 300
"""Characters at the end of an answer in which an offer is looked for."""

_WEIGHT: Sequence[Smalltalk] = (
    "abilities", "identity", "wellbeing", "thanks", "goodbye", "refusal", "greeting", "praise",
)  # fmt: skip
"""Of several phrases in one message, the one to answer."""
_ASKS = re.compile(r"[?？]\W*$")
_ENDING = re.compile(r"\b\w+ ?(?:pdf|docx?|xlsx?|pptx?|txt|md|markdown|csv|tsv|html?|rtf|epub)\b")


def read_intent(message: str, spoken: Spoken = NOTHING, *, instructions: str = "") -> Reading:
    """Return what kind of turn a message is after what was spoken; a search unless a rule is certain.

    `instructions` are system messages that came with it: some front ends put their own prompts there.
    """
    task = read_task(message, instructions)
    if task is not None:
        return task
    if len(message) > MAX_MESSAGE:
        return SEARCH
    folded = fold(message)
    if not folded:
        return Reading("smalltalk", "praise") if _is_emoji(message) else SEARCH
    readings = [found for wording in WORDINGS if (found := _read(wording, message, folded, spoken))]
    free = [] if any(not reading.if_named for reading in readings) else read_free(message, folded, spoken)
    readings += free
    return _of_language(readings, language_of(spoken.question)) if readings else SEARCH


def language_of(message: str) -> Language | None:
    """Return in which language a message says something that the rules know; None for others."""
    folded = fold(message) if len(message) <= MAX_MESSAGE else ""
    spoken = Spoken(message, message)
    return next((wording.language for wording in WORDINGS if folded and _read(wording, message, folded, spoken)), None)


def names_documents_only(reading: Reading) -> bool:
    """Say whether the subject of a reading is nothing but "the handbook": the one document that there is."""
    wording = next(wording for wording in WORDINGS if wording.language == reading.language)
    rest = wording.compiled.noun.sub(" ", fold(reading.subject)).split()
    return len(rest) <= 1 and all(len(word) <= MAX_ARTICLE for word in rest)


def _of_language(readings: Sequence[Reading], language: Language | None) -> Reading:
    """Return what is certain rather than what depends on names, and rather in the language of the conversation.

    "ok" and "super" are words of several languages.
    """
    return min(readings, key=lambda reading: (reading.if_named, reading.language != language))


def _read(wording: Wording, message: str, folded: str, spoken: Spoken) -> Reading | None:
    text = expand(folded) if wording.language == "en" else folded
    return next(_readings(wording, message, text, spoken), None)


def _readings(wording: Wording, message: str, text: str, spoken: Spoken) -> Iterator[Reading]:
    """Yield what one language reads in a message, the most certain first."""
    rules, said = wording.compiled, _Said(wording, message, text)
    yield from said.first("conversation", rules.own_talk)
    if spoken.answer:
        yield from _talk(said, spoken)
    yield from said.first("inventory", rules.inventory)
    yield from said.first("document", rules.whole)
    yield from _chatter(wording, text)
    if not spoken.question:
        yield from _opening(said)
    yield from _about_documents(said)


class _Said:
    """A message as one language's rules look at it."""

    def __init__(self, wording: Wording, message: str, text: str) -> None:
        self.wording = wording
        self.message = message
        self._text = text
        self._spans = wording.compiled.spans(text)

    def first(self, intent: Intent, rules: Rules) -> Iterator[Reading]:
        """Yield the reading of the first rule that fits, if any."""
        if found := rules.find(self._text, self._spans):
            kind, topic = found
            subject = as_written(topic, self.message)
            yield Reading(intent, cast("Kind", kind), subject=subject, language=self.wording.language)

    def reply(self) -> Iterator[Reading]:
        """Yield an answer to an offer; a "no, thanks" is smalltalk, which ends it."""
        yield from (reading for reading in _chatter(self.wording, self._text) if reading.kind != "praise")
        rules = self.wording.compiled
        if any(rules.replies.fullmatch(self._text, *span) for span in self._spans):
            yield Reading("conversation", "reply", language=self.wording.language)


def _talk(said: _Said, spoken: Spoken) -> Iterator[Reading]:
    rules = said.wording.compiled
    if _offers(said.wording, spoken.answer):
        yield from said.reply()
    yield from said.first("conversation", rules.talk)
    if not _ASKS.search(said.message):
        yield from said.first("conversation", rules.orders)


def _offers(wording: Wording, answer: str) -> bool:
    """Say whether an answer ends with a question or an offer."""
    end = answer.strip()[-OFFER:]
    return bool(_ASKS.search(end)) or bool(wording.compiled.offers.search(expand(fold(end))))


def _chatter(wording: Wording, text: str) -> Iterator[Reading]:
    """Yield smalltalk: a message that is nothing but phrases of it."""
    if len(text) > MAX_PHRASES:
        return
    if match := wording.compiled.chatter.fullmatch(text):
        kind = next((kind for kind in _WEIGHT if match.groupdict().get(kind)), None)
        if kind is not None:
            yield Reading("smalltalk", kind, language=wording.language)


def _opening(said: _Said) -> Iterator[Reading]:
    for reading in said.first("inventory", said.wording.compiled.opening):
        yield replace(reading, intent="smalltalk") if reading.kind in said.wording.smalltalk else reading


def _about_documents(said: _Said) -> Iterator[Reading]:
    """Yield what holds only if documents are meant: it is up to whoever knows their names."""
    rules = said.wording.compiled
    for reading in said.first("document", rules.asked):
        if rules.noun.search(fold(reading.subject)) or _ENDING.search(fold(reading.subject)):
            yield replace(reading, if_named=True)
    for patterns in (rules.named, rules.counted):
        for reading in said.first("document", patterns):
            yield replace(reading, if_named=True)


def _is_emoji(message: str) -> bool:
    return any(unicodedata.category(char) == "So" for char in message)
