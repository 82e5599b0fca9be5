"""Wordings of one language: patterns for whole messages, compiled once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from app.services.intents.folding import plain_letters
from app.services.intents.types import Inventory, Language, Smalltalk, Talk, Whole

K = TypeVar("K", bound=str)
Patterns = str
"""One pattern a line. `{name}` stands for a part of the language; `<topic>` for what the message is about, `<name>` for
one of the part's words that is what it is about."""

MAX_AROUND = 6
"""How many phrases before and after a message are taken off."""

Span = tuple[int, int]
_SLOT = re.compile(r"\{([a-z]+)\}")
_TOPIC = re.compile("<([a-z]+)>")
_ANYTHING = r"\S.{0,120}?"


@dataclass(frozen=True)
class Wording:
    """How one language says what the rules know. Every pattern is for a whole message, folded as `fold` does.

    `before` and `after` may stand around any of them, several times. `opening` counts only as the first message: later
    it may be about what was said. `talk` needs an answer before it, `orders` also that the message is no question;
    `own_talk` says itself that it is about the conversation. `replies` answer an offer, which `offers` finds in an
    answer. `whole` is about documents in any case, `named` if its topic names one, `asked` if its topic also looks like
    the name of a document (`noun`), `counted` if there is just one document.
    """

    language: Language
    noun: Patterns
    offers: Patterns
    replies: Patterns
    smalltalk: Mapping[Smalltalk, Patterns]
    opening: Mapping[Smalltalk | Inventory, Patterns]
    inventory: Mapping[Inventory, Patterns]
    own_talk: Mapping[Talk, Patterns]
    talk: Mapping[Talk, Patterns]
    orders: Mapping[Talk, Patterns]
    whole: Mapping[Whole, Patterns]
    named: Mapping[Whole, Patterns]
    asked: Mapping[Whole, Patterns]
    counted: Mapping[Whole, Patterns]
    before: Patterns = ""
    after: Patterns = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    spaced: bool = True

    @cached_property
    def compiled(self) -> "Compiled":
        """The patterns, ready to be matched."""
        return Compiled(self)

    def pattern(self, lines: Patterns) -> str:
        """Return the lines as one pattern, with its slots filled; its only groups are topics."""
        filled = "|".join(self._filled(line.strip()) for line in lines.splitlines() if line.strip())
        topics = _TOPIC.sub(lambda found: f"({self.parts.get(found[1], _ANYTHING)})", filled)
        return plain_letters(topics) or "(?!)"

    def _filled(self, line: str) -> str:
        while found := _SLOT.search(line):
            line = f"{line[: found.start()]}(?:{self.parts[found[1]]}){line[found.end() :]}"
        return line


class Rules:
    """Patterns for whole messages by their kind, without what may stand around them."""

    def __init__(self, wording: Wording, patterns: Mapping[K, Patterns]) -> None:
        self._rules = [(kind, re.compile(wording.pattern(lines))) for kind, lines in patterns.items()]

    def find(self, text: str, spans: Sequence[Span]) -> tuple[str, str] | None:
        """Return the kind of a message and its topic; None if no pattern is for the whole of it."""
        for kind, pattern in self._rules:
            for start, end in spans:
                if match := pattern.fullmatch(text, start, end):
                    return kind, next((topic for topic in match.groups() if topic), "")
        return None


class Compiled:
    """The patterns of a Wording, each compiled once."""

    def __init__(self, wording: Wording) -> None:
        edge, gap = (r"\b", " ") if wording.spaced else ("", " ?")
        before, after = (wording.pattern(part) for part in (wording.before, wording.after))
        self._before = re.compile(f"(?:{before}){gap}")
        self._after = re.compile(f"{gap}(?:{after})$")
        self.opening = Rules(wording, wording.opening)
        self.inventory = Rules(wording, wording.inventory)
        self.own_talk = Rules(wording, wording.own_talk)
        self.talk = Rules(wording, wording.talk)
        self.orders = Rules(wording, wording.orders)
        self.whole = Rules(wording, wording.whole)
        self.named = Rules(wording, wording.named)
        self.asked = Rules(wording, wording.asked)
        self.counted = Rules(wording, wording.counted)
        answers = f"(?:{wording.pattern(wording.replies)}|{wording.pattern(wording.talk['reply'])})"
        self.replies = re.compile(f"{answers}(?:{gap}{answers})*")
        self.offers = re.compile(f"{edge}(?:{wording.pattern(wording.offers)}){edge}")
        self.noun = re.compile(f"{edge}(?:{wording.pattern(wording.noun)}){edge}")
        phrases = "|".join(f"(?P<{kind}>{wording.pattern(lines)})" for kind, lines in wording.smalltalk.items())
        self.chatter = re.compile(f"(?:{before}{gap})?(?:(?:{phrases}|{after})(?:{gap}|$))+")

    def spans(self, text: str) -> Sequence[Span]:
        """Return where the message itself may begin and end: what stands around it, taken off bit by bit."""
        starts, ends = [0], [len(text)]
        while len(starts) < MAX_AROUND and (found := self._before.match(text, starts[-1])) and found.end() < len(text):
            starts.append(found.end())
        while len(ends) < MAX_AROUND and (found := self._after.search(text, starts[-1], ends[-1])):
            ends.append(found.start())
        return [(start, end) for start in starts for end in ends]
