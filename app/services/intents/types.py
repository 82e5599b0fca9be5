"""The kinds of turns there are, and what the rules read in one."""

from dataclasses import dataclass
from typing import Literal

Intent = Literal["search", "smalltalk", "inventory", "conversation", "document", "task"]
"""`search`: passages answer it, also whenever in doubt. `smalltalk`: a greeting, thanks. `inventory`: which documents
there are. `conversation`: about what was said before. `document`: about whole documents. `task`: a front end's own
prompt, for a title or the like."""

Language = Literal["en", "de", "fr", "es", "it", "zh", "ja"]

Smalltalk = Literal["greeting", "thanks", "goodbye", "praise", "wellbeing", "identity", "abilities", "refusal"]
Inventory = Literal["list", "count", "newest", "pages", "about"]
Talk = Literal[
    "translate", "shorten", "repeat", "rephrase", "first_question", "last_question", "questions", "minutes", "why",
    "sure", "source", "continue", "reply",
]  # fmt: skip
Whole = Literal["summary", "compare", "count", "items"]
Task = Literal["title", "tags", "follow_ups", "queries", "other"]
Kind = Smalltalk | Inventory | Talk | Whole | Task


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules read in a message.

    `kind` says more of every intent except search. `subject` is what the wording is about, as it was written: the topic
    of an inventory, the language of a translation, the name of a document. With `if_named` the reading holds only when
    `subject` names documents, or there is just one; else the message is a search. `language` is that of the wording.
    """

    intent: Intent = "search"
    kind: Kind | None = None
    subject: str = ""
    if_named: bool = False
    language: Language = "en"


SEARCH = Reading()
