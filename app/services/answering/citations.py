"""Citations: numbers in brackets that point to passages. Only those that point to one survive.

A language model writes [1], [1][2], [1, 2] or [1-3], and now and then a number that no passage has. The text is read
as it comes, in pieces that may cut a citation anywhere; what is passed on is clean, and the same however it was cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.common.passages import Passage

MAX_HELD = 256
"""The longest citation, in characters: an open bracket is held back no longer to see whether it becomes one. Also the
longest run of white space and of backticks that is looked at as one."""
MAX_PLACES = 50
"""Places of one passage's number that are remembered; there may be more of them in the text."""

_NUMBERS = r"\d{1,3}(?:\s*(?:[,;&–—-]|and)\s*\d{1,3})*"
# Four digits are a year, not a passage.
_CITATION = re.compile(rf"[\[【]\s*(?:passages?\s*)?(?P<numbers>{_NUMBERS})\s*[\]】]", re.IGNORECASE)
_OPEN = re.compile(r"[\[【]\s*(?:p[a-s]{0,7}\s*)?(?:[\d\s,;&–—-]|and)*(?:an?)?", re.IGNORECASE)
_RANGE = re.compile(r"(\d+)(?:\s*[–—-]\s*(\d+))?")
_CODE = re.compile(rf"`{{1,{MAX_HELD}}}")
_PLAIN = re.compile(r"[^\s\[【`]+")
_SPACE = re.compile(rf"\s{{1,{MAX_HELD}}}")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}»”")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands in the answer's text, brackets included, in characters; `end` is excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that the answer cites by this number, and the places (MAX_PLACES at most) where it does.

    `quote` is the text that can be compared with the document: the passage, verbatim.
    """

    number: int
    places: Sequence[Place]
    passage: Passage
    quote: str


class CitedText:
    """An answer's text as it grows. Each method returns what may be shown now; `text` is all that was returned.

    Citations become [1][2]; numbers outside 1 to `passages` vanish together with the space before them, and so do
    those that the same place cites already. Code between backticks is left alone: `list[0]` cites nothing. White space
    at both ends is dropped. Time and size grow with the text alone, however it is made.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._shown: list[str] = []
        self._length = 0
        self._last = "\n"
        self._held = ""
        self._space = ""
        self._removed = False
        self._code = ""
        self._here: set[int] = set()
        self._places: dict[int, list[Place]] = {}

    @property
    def held_back(self) -> int:
        """How many characters are held back until what follows is known."""
        return len(self._held) + len(self._space)

    @property
    def text(self) -> str:
        """All that was returned so far."""
        return "".join(self._shown)

    @property
    def cited(self) -> frozenset[int]:
        """The numbers that are cited so far."""
        return frozenset(self._places)

    @property
    def places(self) -> Mapping[int, Sequence[Place]]:
        """Where each number is cited so far, in the order in which they came up."""
        return self._places

    def write(self, piece: str) -> str:
        """Take in the next piece of a model's text."""
        return self._read(self._held + piece, final=False)

    def quote(self, text: str, number: int) -> str:
        """Add a line of a document's own words, unread, and its citation."""
        self._here.clear()
        before = "\n" if self._length else ""
        return self._show(f"{before}{text} ") + self._cite(number)

    def say(self, text: str) -> str:
        """Add words of our own, unread: what they quote may hold brackets, which cite nothing."""
        return self._show(text)

    def end(self) -> str:
        """Return what was held back; nothing can be written afterwards."""
        return self._read(self._held, final=True)

    def citations(self, passages: Sequence[Passage]) -> list[Citation]:
        """Return what the text cites in the order of its first places, each with its passage of `passages`."""
        cited = [(number, places, passages[number - 1]) for number, places in self._places.items()]
        return [Citation(number, tuple(places), passage, passage.chunk.text) for number, places, passage in cited]

    def _read(self, buffer: str, *, final: bool) -> str:
        shown: list[str] = []
        place = 0
        while place < len(buffer):
            length, text = self._next(buffer, place, final=final)
            if not length:
                break
            shown.append(text)
            place += length
        self._held = buffer[place:]
        return "".join(shown)

    def _next(self, buffer: str, place: int, *, final: bool) -> tuple[int, str]:
        """Read one token; returns its length (0 if more has to come first) and what to show of it."""
        if run := _SPACE.match(buffer, place) or _CODE.match(buffer, place):
            if run.end() == len(buffer) and len(run[0]) < MAX_HELD and not final:
                return 0, ""
            return len(run[0]), self._take_space(run[0]) if run[0].isspace() else self._take_ticks(run[0])
        if buffer[place] in "[【" and not self._code:
            return self._take_bracket(buffer, place, final=final)
        plain = _PLAIN.match(buffer, place)
        text = plain[0] if plain else buffer[place]
        return len(text), self._word(text)

    def _take_bracket(self, buffer: str, place: int, *, final: bool) -> tuple[int, str]:
        if found := _CITATION.match(buffer, place, place + MAX_HELD):
            return len(found[0]), self._take_citation(found["numbers"])
        begun = _OPEN.match(buffer, place)
        if not final and begun and begun.end() == len(buffer) and len(begun[0]) < MAX_HELD:
            return 0, ""
        return 1, self._word(buffer[place])

    def _take_citation(self, numbers: str) -> str:
        known = [number for number in self._known(numbers) if number not in self._here]
        if not known:
            self._removed = True
            return ""
        return self._pending() + "".join(self._cite(number) for number in known)

    def _known(self, numbers: str) -> list[int]:
        """Return the numbers that are named and that passages have, each once."""
        named: dict[int, None] = {}
        for first, last in _RANGE.findall(numbers):
            low, high = sorted((int(first), int(last or first)))
            named.update(dict.fromkeys(range(max(1, low), min(high, self._passages) + 1)))
        return list(named)

    def _cite(self, number: int) -> str:
        text = f"[{number}]"
        places = self._places.setdefault(number, [])
        if len(places) < MAX_PLACES:
            places.append(Place(self._length, self._length + len(text)))
        self._here.add(number)
        return self._show(text)

    def _take_ticks(self, ticks: str) -> str:
        if not self._code:
            self._code = ticks
        elif self._code == ticks:
            self._code = ""
        return self._word(ticks)

    def _take_space(self, space: str) -> str:
        if "\n" in space and len(self._code) in (1, 2):
            self._code = ""  # code within a line ends with it at the latest, so a stray backtick does little harm
        if not self._removed:
            self._space = (self._space + space)[:MAX_HELD]
        elif self._last == "\n":
            self._space += space if "\n" in space else ""
        else:
            self._space = space if "\n" in space else self._space or space
        return ""

    def _word(self, text: str) -> str:
        self._here.clear()
        if self._removed and text[0] in _NO_SPACE_BEFORE and "\n" not in self._space:
            self._space = ""
        return self._pending() + self._show(text)

    def _pending(self) -> str:
        """Show the white space that waited for what follows it."""
        space, self._space = self._space, ""
        if self._removed and self._last in "[【":
            space = space or " "  # or "[[9]8]" would become a citation of its own
        self._removed = False
        return self._show(space) if self._length else ""

    def _show(self, text: str) -> str:
        if text:
            self._shown.append(text)
            self._length += len(text)
            self._last = text[-1]
        return text


def without_citations(text: str) -> str:
    """Return an earlier answer without its numbers: they point to passages of its own time."""
    cited = CitedText(0)
    return cited.write(text) + cited.end()
