"""Notes on a document: text that cites passages of it by [1], [2], ... in the order of its places."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.services.answering.citations import CitedText
from app.services.answering.renumbering import renumbered
from app.services.library.texts import Place

MOST_CITED = 99
"""Different passages that notes cite, however long."""

_NUMBER = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the places that it cites, number 1 first."""

    text: str
    places: Sequence[Place] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What is kept of a document in short, and of how much of it that was made.

    It is `whole` unless something was left out that another try may read.
    """

    note: Note
    pages_read: int
    parts_read: int
    whole: bool = True

    def as_stored(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        places = [[place.first, place.count] for place in self.note.places]
        return {"text": self.note.text, "places": places, "pages": self.pages_read, "parts": self.parts_read}

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> "Digest":
        """Return what `as_stored` was made from."""
        places, pages, parts = stored["places"], stored["pages"], stored["parts"]
        assert isinstance(places, list)
        assert isinstance(pages, int)
        assert isinstance(parts, int)
        return cls(Note(str(stored["text"]), tuple(Place(*place) for place in places)), pages, parts)


def read_note(written: str, places: Sequence[Place], *, most_characters: int) -> Note:
    """Return what a model wrote about these places as a note, cut at a line or sentence when it is too long.

    Numbers that no place has are gone.
    """
    cited = CitedText(len(places))
    text = cited.write(written) + cited.end()
    return _compact(_cut(text, most_characters), places)


def joined_notes(notes: Sequence[Note]) -> Note:
    """Return notes one after the other, with the numbers of the places of all of them."""
    texts: list[str] = []
    places: list[Place] = []
    for note in notes:
        numbers = {old: old + len(places) for old in range(1, len(note.places) + 1)}
        texts.append(renumbered(note.text, numbers))
        places += note.places
    return _compact("\n\n".join(texts), places)


def _compact(text: str, places: Sequence[Place]) -> Note:
    """Number the places that are cited from 1, each once; those beyond MOST_CITED are cited no more."""
    seen: dict[Place, int] = {}
    numbers: dict[int, int] = {}
    for number in dict.fromkeys(map(int, _NUMBER.findall(text))):
        if not 1 <= number <= len(places):
            continue
        place = places[number - 1]
        if place not in seen and len(seen) < MOST_CITED:
            seen[place] = len(seen) + 1
        if place in seen:
            numbers[number] = seen[place]
    return Note(renumbered(text, numbers), tuple(seen))


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    end = max(text.rfind("\n", 0, most), text.rfind(". ", 0, most) + 1, text.rfind("。", 0, most) + 1)
    return text[: end if end > most // 2 else most].rstrip()
