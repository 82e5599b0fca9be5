"""Names of uploaded files: composed, on one line, and without characters that nobody sees."""

import re
import unicodedata

from app.common.errors import InvalidInput

_LONGEST = 255
_LONGEST_GIVEN = 2000
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Fillers, blanks and variation selectors, which are no format characters by their category.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_JOINERS = ("\u200c", "\u200d")


def check_filename(name: str) -> str:
    """Return the name to show: the last component of `name`, composed (NFC), without invisible characters.

    It is never used as a path. Raises InvalidInput (bad_name) for an empty one, more than 255 characters, control
    characters and marks that turn the direction of writing, which make `exe.pdf` of `fdp.exe`.
    """
    # Asked of the whole: what stands before a slash is dropped, but a NUL there is no accident either.
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _DIRECTION_OVERRIDES for char in name):
        raise InvalidInput(
            "The file's name holds control characters; rename it with letters, digits and spaces.", code="bad_name"
        )
    last = _visible(name.replace("\\", "/").rpartition("/")[2][:_LONGEST_GIVEN]).strip()
    if last in ("", ".", "..") or len(last) > _LONGEST:
        raise InvalidInput(f"A file needs a name of 1 to {_LONGEST} characters; rename it.", code="bad_name")
    return last


def _visible(name: str) -> str:
    """Return a name without what nobody sees; joiners stay between letters that they join, as in Persian or emoji."""
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFC", name))
    kept = []
    for place, char in enumerate(bare):
        category = unicodedata.category(char)
        if category == "Zs":
            kept.append(" ")
        elif category != "Cf" or (char in _JOINERS and _joins(bare[place - 1 : place], bare[place + 1 : place + 2])):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def _joins(before: str, after: str) -> bool:
    return all(char > "\u02ff" and unicodedata.category(char) != "Cf" for char in (before or " ", after or " "))
