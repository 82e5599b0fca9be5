"""Words in any order: a message is of a kind when it says nothing but what that kind says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.services.intents.types import Intent, Kind
from app.services.intents.wording import Wording

_ENDING = re.compile(r" (?:pdf|docx?|xlsx?|pptx?|txt|md|csv|tsv|html?|rtf|epub)\b")

TAKEN = "|"
"""Stands for each letter of a word that a rule has to find: folded messages have none of their own."""

When = Literal["always", "first", "answered"]


@dataclass(frozen=True)
class Free:
    """Words that make a message one of a kind: each of `needs` is found in it, and the rest says nothing.

    `also` are words that say nothing in this kind. What else there is, in one piece, is what the message is about if
    the kind has a `topic`, and all that follows a word of `about`; otherwise it makes the message none of the kind.
    `where` may follow what it is about. `when` says whether it counts as the first message alone, or after an answer
    alone. `order` is no question.
    """

    intent: Intent
    kind: Kind
    needs: Sequence[str]
    also: str = ""
    about: str = ""
    where: str = ""
    topic: bool = False
    when: When = "always"
    order: bool = False


@dataclass(frozen=True)
class FreeWords:
    """The rules of one language; `glue` are words that say nothing in any kind."""

    wording: Wording
    glue: str
    rules: Sequence[Free]

    @cached_property
    def compiled(self) -> Sequence["FreeRule"]:
        """The rules, ready to be matched."""
        return [FreeRule(self.wording, self.glue, rule) for rule in self.rules]


class FreeRule:
    """A rule with its patterns compiled."""

    def __init__(self, wording: Wording, glue: str, rule: Free) -> None:
        self.rule = rule
        self._edge = r"\b" if wording.spaced else ""
        self._wording = wording
        self._needs = [self._compile(need) for need in rule.needs]
        self._glue = self._compile("|".join(part for part in (rule.also, glue) if part))
        self._about = self._compile(rule.about) if rule.about else None
        self._where = re.compile(f" (?:{wording.pattern(rule.where)})$") if rule.where else None

    def topic(self, text: str) -> str | None:
        """Return what a folded message is about, empty where that is nothing; None when it is not of this kind."""
        if self._about is not None:
            return self._after(text)
        left = self._left(text)
        if left is None:
            return None
        words = [found.span() for found in re.finditer(r"[^ |]+", left)]
        if not words:
            return ""
        start, end = words[0][0], words[-1][1]
        if not self.rule.topic or TAKEN in left[start:end]:
            return None
        ending = _ENDING.match(text, end)
        return text[start : ending.end() if ending else end]

    def _after(self, text: str) -> str | None:
        for found in self._about.finditer(text) if self._about else ():
            left = self._left(text[: found.start()].strip())
            topic = self._where.sub("", text[found.end() :]) if self._where else text[found.end() :]
            if left is not None and not left.replace(TAKEN, "").strip() and topic.strip():
                return topic.strip()
        return None

    def _left(self, text: str) -> str | None:
        """Return the message with what is needed taken, and blanks for what says nothing; None if something lacks."""
        if not all(need.search(text) for need in self._needs):
            return None
        for need in self._needs:
            text = need.sub(lambda found: TAKEN * len(found[0]), text)
        return self._glue.sub(lambda found: " " * len(found[0]), text)

    def _compile(self, words: str) -> re.Pattern[str]:
        return re.compile(f"{self._edge}(?:{self._wording.pattern(words)}){self._edge}")


def matching(words: FreeWords, text: str, *, first: bool, asks: bool) -> Iterator[tuple[Free, str]]:
    """Yield the rules that a folded message fits, with what it is about. `first` is said of a first message."""
    for compiled in words.compiled:
        rule = compiled.rule
        if rule.when == ("answered" if first else "first") or (rule.order and asks):
            continue
        topic = compiled.topic(text)
        if topic is not None:
            yield rule, topic
