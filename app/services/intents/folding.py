"""A message made plain for comparison: small letters without accents, words with one space between them."""

import re
import unicodedata

MAX_MESSAGE = 300
"""Characters of a message that wordings are compared with; a longer one is none of them."""

_WORD = re.compile(r"[^\W_]+")
_GAPS = re.compile(r"[\W_]+")
_UNSPACED = re.compile(
    r"(?<=[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]) | (?=[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff])"
)
_LAST_LATIN = 0x24F
_CONTRACTIONS = (
    (re.compile(r"\b(what|that|how|where|who|it|here|there|which) s\b"), r"\1 is"),
    (re.compile(r"\bwhats\b"), "what is"),
    (re.compile(r"\bhows\b"), "how is"),
    (re.compile(r"\blet s\b"), "let us"),
    (re.compile(r"\b(i|you|we|they) d\b"), r"\1 would"),
    (re.compile(r"\b(i|you|we|they) ve\b"), r"\1 have"),
    (re.compile(r"\b(you|we|they) re\b"), r"\1 are"),
    (re.compile(r"\bi m\b"), "i am"),
    (re.compile(r"\bdont\b|\bdon t\b"), "do not"),
    (re.compile(r"\bdidn t\b"), "did not"),
    (re.compile(r"\bcan t\b|\bcannot\b"), "can not"),
    (re.compile(r"\bsummarise"), "summarize"),
)


def fold(text: str) -> str:
    """Return the words of `text` in small letters, without accents and punctuation; apostrophes divide words.

    Scripts that put no spaces between words lose those around their characters.
    """
    plain = plain_letters(unicodedata.normalize("NFKC", text).casefold())
    return _UNSPACED.sub("", _GAPS.sub(" ", plain).strip())


def plain_letters(text: str) -> str:
    """Return `text` with the accents of Latin letters gone; all else stays, patterns too."""
    return "".join(_base(char) if "\x7f" < char <= chr(_LAST_LATIN) else char for char in text)


def as_written(topic: str, message: str) -> str:
    """Return the words of a folded topic as they stand in the message; as they are if they are not found."""
    if not topic:
        return ""
    words = list(_WORD.finditer(message))
    wanted = topic.split()
    folded = [fold(word[0]) for word in words]
    for place in range(len(words) - len(wanted), -1, -1):
        if folded[place : place + len(wanted)] == wanted:
            return message[words[place].start() : words[place + len(wanted) - 1].end()]
    return topic


def expand(folded: str) -> str:
    """Write out what English contracts, so that a wording need not say it in every way."""
    for pattern, long in _CONTRACTIONS:
        folded = pattern.sub(long, folded)
    return folded


def _base(char: str) -> str:
    if char == "ß":
        return "ss"
    return "".join(part for part in unicodedata.normalize("NFD", char) if not unicodedata.combining(part))
