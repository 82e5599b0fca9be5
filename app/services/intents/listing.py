"""Whether a message asks how many of something there are, or for all of it, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.services.intents.folding import MAX_MESSAGE, fold
from app.services.intents.types import Language

Wanted = Literal["count", "rows"]

MOST_WORDS = 5
_ENDINGS = ("es", "en", "er", "s", "n", "e", "i", "a", "o", "x")
_SHORTEST = 3

_COUNTING: Mapping[Language, str] = {
    "en": r"(?:what is )?(?:the )?(?:how many|number of|count of|count)",
    "de": r"wie ?viele|(?:was ist |wie gross ist )?(?:die )?(?:anzahl|zahl) (?:der|von)",
    "fr": r"(?:combien|(?:quel est )?(?:le )?nombre) (?:de|d|des)",
    "es": r"cuant[oa]s|(?:cual es )?(?:el )?numero de",
    "it": r"quant[ei]|(?:qual e )?(?:il )?numero (?:di|delle|dei)",
    "zh": r"(?:一共|总共|共)?有?(?:多少|几)(?:个|条|行|件|项|名|位)?",
}
_LISTING: Mapping[Language, str] = {
    "en": r"(?:please )?(?:list|show|give|name)(?: me)? (?:all|every)",
    "de": r"(?:bitte )?(?:liste|zeige?|nenne?)(?: mir)?(?: bitte)? alle",
    "fr": r"(?:liste[rz]?|montre[rz]?|affiche[rz]?)(?: moi)? (?:tous|toutes)",
    "es": r"(?:lista|muestra|enumera)(?:me)? (?:todos|todas)",
    "it": r"(?:elenca|mostra)(?:mi)? (?:tutti|tutte)",
    "zh": r"(?:请)?(?:列出|显示)(?:所有|全部)的?",
}
_WORDINGS: Mapping[Wanted, Mapping[Language, str]] = {"count": _COUNTING, "rows": _LISTING}
# What may stand beside: no word of these says which of the rows are meant.
_BESIDE: Mapping[Language, str] = {
    "en": "a an the of in on at are is were was there listed recorded mentioned named reported documented do does have "
    "has we you i my our your it this list table file document sheet spreadsheet rows row entries entry lines records "
    "total all altogether please contain contains",
    "de": "der die das den dem ein eine sind ist waren es gibt in im auf an aufgefuhrt gelistet aufgelistet "
    "verzeichnet erfasst genannt auf haben wir hat enthalt liste tabelle datei dokument blatt zeilen zeile "
    "eintrage insgesamt alle bitte enthalten stehen",
    "fr": "le la les l un une de des du d y a t il sont est dans en sur liste listes listees enregistres enregistrees "
    "mentionnes mentionnees tableau fichier document feuille lignes ligne entrees total tout on avons nous contient",
    "es": "el la los las un una de del hay son es esta estan en listados listadas registrados registradas tabla "
    "archivo documento hoja filas fila entradas lista total tenemos tiene contiene",
    "it": "il lo la i gli le un una di del della dei delle ci sono e c nel nella in elencati elencate registrati "
    "registrate tabella file documento foglio righe riga voci lista elenco totale abbiamo ha contiene",
}
_BESIDE_UNSPACED = re.compile(r"列出了?|列有|记录了?|表格?里?|文件|文档|在|里|中|的|了|有|是|行")
_BESIDE_WORDS = {language: frozenset(words.split()) for language, words in _BESIDE.items()}


@dataclass(frozen=True, slots=True)
class Listing:
    """`words` say what is counted or listed, in small letters without accents; none where only rows are spoken of."""

    wanted: Wanted
    words: tuple[str, ...]
    language: Language


def read_listing(message: str) -> Listing | None:
    """Return what the message wants counted or listed; None if it asks for anything else, or may."""
    folded = fold(message) if len(message) <= MAX_MESSAGE else ""
    for wanted, wordings in _WORDINGS.items():
        for language, wording in wordings.items():
            words = _words(folded, wording, language)
            if words is not None and len(words) <= MOST_WORDS:
                return Listing(wanted, words, language)
    return None


def names_of(*texts: str) -> frozenset[str]:
    """Return the words of names in all forms in which `named` knows them."""
    return frozenset(form for text in texts for word in fold(text).split() for form in _forms(word))


def named(word: str, names: frozenset[str]) -> bool:
    """Whether a word is one of the names, in the singular or the plural."""
    return not names.isdisjoint(_forms(word))


def _words(folded: str, wording: str, language: Language) -> tuple[str, ...] | None:
    if language == "zh":
        rest, found = re.subn(wording, " ", folded, count=1)
        return tuple(_BESIDE_UNSPACED.sub(" ", rest).split()) if found else None
    match = re.match(rf"(?:{wording})\b", folded)
    if match is None:
        return None
    return tuple(word for word in folded[match.end() :].split() if word not in _BESIDE_WORDS[language])


def _forms(word: str) -> set[str]:
    """Return a word and what is left of it without an ending of the plural."""
    cut = {word.removesuffix(ending) for ending in _ENDINGS if len(word) - len(ending) >= _SHORTEST}
    return {word, *cut, *([f"{word[:-3]}y"] if word.endswith("ies") else [])}
