"""Reading a message by its words alone, in any order, in all languages."""

import re
from collections.abc import Iterator, Sequence

from app.services.intents.any_order.chinese import FREE_CHINESE
from app.services.intents.any_order.english import FREE_ENGLISH
from app.services.intents.any_order.french import FREE_FRENCH
from app.services.intents.any_order.german import FREE_GERMAN
from app.services.intents.any_order.italian import FREE_ITALIAN
from app.services.intents.any_order.spanish import FREE_SPANISH
from app.services.intents.any_order.types import Free, FreeWords, matching
from app.services.intents.context import Spoken
from app.services.intents.folding import as_written, expand
from app.services.intents.types import Reading

FREE_WORDS: Sequence[FreeWords] = (FREE_ENGLISH, FREE_GERMAN, FREE_FRENCH, FREE_SPANISH, FREE_ITALIAN, FREE_CHINESE)
MAX_FREE = 160
"""Characters of a message that is read so: who writes more says something of his own."""

_ASKS = re.compile(r"[?？]\W*$")


def read_free(message: str, folded: str, spoken: Spoken) -> list[Reading]:
    """Return what each language's words make of a message, folded as `fold` does; nothing if it says more than them."""
    if len(folded) > MAX_FREE:
        return []
    return [found for words in FREE_WORDS if (found := next(_readings(words, message, folded, spoken), None))]


def _readings(words: FreeWords, message: str, folded: str, spoken: Spoken) -> Iterator[Reading]:
    text = expand(folded) if words.wording.language == "en" else folded
    for rule, topic in matching(words, text, first=not spoken.answer, asks=bool(_ASKS.search(message))):
        yield _reading(words, rule, as_written(topic, message), text)


def _reading(words: FreeWords, rule: Free, subject: str, text: str) -> Reading:
    language = words.wording.language
    if rule.intent != "document":
        return Reading(rule.intent, rule.kind, subject=subject, language=language)
    # Without a name it is about the document that there is, or that the conversation is about.
    named = bool(subject) or not words.wording.compiled.noun.search(text)
    return Reading("document", rule.kind, subject=subject, if_named=named, language=language)
