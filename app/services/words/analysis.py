"""Text to terms: what the index of words holds of a part, and what is looked up for a question.

A word has several forms: itself without its diacritics, and its stem (of the document's language, or of the script's)
or, where no language is known, its first letters. In a question a word counts once, as its best form that is found.
Codes are kept whole without their separators (`bx7250` of BX-7250) and in parts. Chinese and Japanese become single
characters and pairs, Korean pairs; Thai, Lao, Khmer and Burmese become runs of three characters.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import Stemmer

from app.services.words.languages import FUNCTION_WORDS, UNKNOWN, detect

PREFIX = 5
"""Letters of a word that stand for it where no stemmer does."""
MOST_WORDS = 150
"""Words of a question that are looked up: who pastes a page asks about its beginning."""
_MAX_TERM = 40
_SAMPLE = 60_000
_LATIN_SHARE = 0.5

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\u1100-\u11ff\uac00-\ud7af"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_RUN = re.compile(
    f"(?P<number>\\d+(?:[.,]\\d+)+)|(?P<han>[{_HAN}]+)|(?P<hangul>[{_HANGUL}]+)|(?P<unspaced>[{_UNSPACED}]+)"
    f"|(?P<word>(?:(?![{_HAN}{_HANGUL}{_UNSPACED}])[\\w\\u0300-\\u036f\\u0900-\\u0dff\\u064b-\\u065f\\u0591-\\u05c7])+)"
)
_CODE = re.compile(r"(?<![a-z0-9])[a-z0-9]++(?:(?:[-./_:,&][a-z0-9]++)++|[+#]++)")
_CLITIC = re.compile(r"['’](?:s|t|d|m|re|ve|ll)\b")
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BETWEEN = re.compile(r"[-/_:,&]|\.(?!\d)|(?<!\d)\.")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LETTER_WORD = re.compile(f"(?:(?![{_HAN}{_HANGUL}{_UNSPACED}])[^\\W\\d_])+")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ı": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ς": "σ",
        "ى": "ي",
        "ة": "ه",
        "ٱ": "ا",
        "_": " ",
    }
)
_SCRIPTS = [
    (re.compile("[\u0400-\u052f]"), "russian"),
    (re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), "greek"),
    (re.compile("[\u0600-\u06ff]"), "arabic"),
    (re.compile("[\u0900-\u097f]"), "hindi"),
    (re.compile("[\u0530-\u058f]"), "armenian"),
    (re.compile("[\u0b80-\u0bff]"), "tamil"),
]
_ATTACHED = [
    (re.compile("[\u0600-\u06ff]"), ("وال", "بال", "كال", "فال", "لل", "ال", "و")),
    (re.compile("[\u0590-\u05ff]"), ("וה", "שה", "מה", "כש", "ה", "ו", "ב", "ל", "מ", "ש", "כ")),
]
"""Beginnings of words that are words of their own: articles, prepositions and conjunctions, the longest first."""
_SHORTEST_STEM = 3
_UNINFLECTED = re.compile(rf"\d|[{_HAN}{_HANGUL}{_UNSPACED}]")
_STEMMERS = set(Stemmer.algorithms())
_OF_THREAD = threading.local()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: as it is shown, and the terms that are looked up for it, any of which will do.

    A pair is two words in a row: it counts when the documents have it as a name, and is not missed when they have not.
    """

    text: str
    forms: tuple[str, ...]
    is_pair: bool = False


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """Return `text` in lower case without diacritics; letters that only look different become one."""
    plain = _MARKS.sub("", unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold()))
    return unicodedata.normalize("NFC", plain).translate(_LETTERS)


def language_of(text: str) -> str:
    """Return the language of a text's words in Latin letters, or UNKNOWN, also when most of it is in another script."""
    sample = fold(text[:_SAMPLE])
    words = re.findall(r"[a-z]+", sample)
    letters = sum(map(str.isalpha, sample))
    if sum(map(len, words)) < _LATIN_SHARE * letters:
        return UNKNOWN
    return detect(words)


def terms(text: str, language: str) -> tuple[list[str], int]:
    """Return the terms of a part of a document in `language`, with repetitions, and the number of its words.

    Two words in a row that begin with capitals are a term as well: many a name is rare only as a whole.
    """
    found: list[str] = []
    length = 0
    for word in _words(text):
        found += forms(word, language)
        length += 1
    found += _pairs(text, capitals=language != "vietnamese")
    return found, length


def question_words(text: str, languages: Sequence[str]) -> list[Word]:
    """Return the words of a question to documents in `languages`; function words only if there is nothing else.

    The first MOST_WORDS of them: each costs a look-up for each of its forms.
    """
    silent = frozenset().union(FUNCTION_WORDS["english"], *(FUNCTION_WORDS.get(language, ()) for language in languages))
    found = list(dict.fromkeys(_words(text)))
    telling = [word for word in found if fold(word) not in silent]
    words = [Word(word, _all_forms(word, languages or (UNKNOWN,))) for word in (telling or found)[:MOST_WORDS]]
    # Who writes capitals writes names with them; who writes none may mean a name all the same.
    capitals = any(map(str.isupper, text[1:]))
    pairs = dict.fromkeys(islice(_pairs(text, capitals=capitals), MOST_WORDS))
    return words + [Word(pair, (pair,), is_pair=True) for pair in pairs]


def _all_forms(word: str, languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for language in languages for form in forms(word, language)))


def _pairs(text: str, *, capitals: bool) -> Iterator[str]:
    """Yield each two words in a row, folded; with `capitals` only those that begin with capital letters."""
    previous = ""
    end = -2
    for match in _LETTER_WORD.finditer(text):
        word = match.group()
        if previous and match.start() == end + 1 and (not capitals or (previous[0].isupper() and word[0].isupper())):
            yield f"{fold(previous)} {fold(word)}"[:_MAX_TERM]
        previous, end = word, match.end()


def _words(text: str) -> Iterator[str]:
    lowered = _THOUSANDS.sub("", _CLITIC.sub(" ", unicodedata.normalize("NFKC", text).casefold()))
    for match in _RUN.finditer(lowered):
        run, kind = match.group(), match.lastgroup
        if kind == "word":
            yield from _pieces(run)
        elif kind == "number":
            yield run.replace(",", ".")[:_MAX_TERM]
        else:
            yield from _grams(run, kind or "")
    yield from _codes(lowered)


def _pieces(run: str) -> Iterator[str]:
    """Yield a word; of one with letters and figures, such as FY2015, both as well."""
    for word in run.split("_"):
        if word:
            yield word[:_MAX_TERM]
        if not (word.isalpha() or word.isdigit()) and word.isascii():
            yield from (piece for piece in _PIECES.findall(word) if len(piece) > 1)


def _codes(lowered: str) -> Iterator[str]:
    """Yield codes and abbreviations whole: bx7250 of bx-7250, us of u.s., att of at&t."""
    for match in _CODE.finditer(lowered):
        code = match.group()
        if len(code) <= _MAX_TERM and not _NUMBER.fullmatch(code) and _is_code(code):
            yield code if code[-1] in "+#" else _BETWEEN.sub("", code)


def _is_code(code: str) -> bool:
    return code[-1] in "+#" or "&" in code or any(map(str.isdigit, code)) or all(map(_single, _BETWEEN.split(code)))


def _single(piece: str) -> bool:
    return len(piece) == 1


def _grams(run: str, kind: str) -> Iterator[str]:
    width = 3 if kind == "unspaced" else 2
    if len(run) < width:
        yield run
        return
    if kind == "han":
        yield from run
    yield from (run[i : i + width] for i in range(len(run) - width + 1))


@lru_cache(maxsize=50_000)
def forms(word: str, language: str) -> tuple[str, ...]:
    """Return the terms under which a word of a document in `language` is found; none for one of marks alone."""
    plain = fold(word).strip()
    if not plain or not _has_endings(word):
        return (plain,) if plain else ()
    if language == "vietnamese" and word.isascii() != plain.isascii():
        return (plain, word)
    stemmer = _stemmer_for(word, language)
    bare = _without_article(plain)
    if not stemmer:
        return tuple(dict.fromkeys((plain, bare, *((f"^{bare[:PREFIX]}",) if len(bare) > PREFIX else ()))))
    stems = (fold(_stemmer(stemmer).stemWord(each)) for each in dict.fromkeys((word, bare)))
    return tuple(dict.fromkeys((plain, bare, *stems)))


def _has_endings(word: str) -> bool:
    """Whether a word is one that a language inflects: no number, no code, no run of characters."""
    return word[0].isalpha() and word[-1] not in "+#" and " " not in word and not _UNINFLECTED.search(word)


def _without_article(plain: str) -> str:
    """Return an Arabic or Hebrew word without the article or particle that is written as its beginning."""
    for script, particles in _ATTACHED:
        if script.match(plain):
            for particle in particles:
                if plain.startswith(particle) and len(plain) - len(particle) >= _SHORTEST_STEM:
                    return plain[len(particle) :]
    return plain


def _stemmer_for(word: str, language: str) -> str:
    for script, stemmer in _SCRIPTS:
        if script.match(word):
            return stemmer
    latin = word[0] < "\u0250" or "\u1e00" <= word[0] <= "\u1eff"
    return language if latin and language in _STEMMERS else ""


def _stemmer(language: str) -> Stemmer.Stemmer:
    """Return this thread's stemmer: one may not be used by two threads at once."""
    known: dict[str, Stemmer.Stemmer] = _OF_THREAD.__dict__.setdefault("stemmers", {})
    if language not in known:
        known[language] = Stemmer.Stemmer(language)
    return known[language]
