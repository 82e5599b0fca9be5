"""What kind of thing a question asks for, and whether a sentence holds one.

The words are those of some languages, folded. In another language nothing is known: then words and meaning decide.
"""

import re
from typing import Literal

from app.services.words.analysis import fold

Kind = Literal["duration", "money", "date", "person", "number"]
"""What is asked for; `number` is any number, with its unit or without."""

_TIMES = (
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|nights?|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|"
    r"jahre?n?|secondes?|heures?|jours?|semaines?|mois|ans?|annees?|segundos?|minutos?|horas?|dias?|semanas?|mes|meses|"
    r"anos?|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]|uur|dagen|weken|maand\w*|jaar"
)
_NUMBERS = (
    r"\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|half|once|twice|zwei|drei|vier|funf|"
    r"sechs|sieben|acht|neun|zehn|elf|zwolf|(?:zwan|vier|funf|sech|sieb|acht|neun)zig|dreissig|hundert|tausend|einmal|"
    r"zweimal|deux|trois|quatre|cinq|sept|huit|neuf|dix|vingts?|trente|quarante|cinquante|soixante|mille|dos|tres|cuatro|"
    r"cinco|seis|siete|ocho|nueve|diez|veinte|treinta|cuarenta|cincuenta|sesenta|cien|tre|quattro|cinque|sette|otto|nove|"
    r"dieci|venti|trenta|quaranta|cinquanta"
)
_EACH = "an?|per|every|each|ein\\w{0,2}|jed\\w+|par|une?|chaque|un[ao]?|cada|ogni"
_FIGURES = "[〇零一二三四五六七八九十百千万両两半]"
_MONEY = r"[$€£¥₹₽]|\b(?:euros?|eur|dollars?|usd|pounds?|gbp|cents?|francs?|franken|pesos?|reais|kron\w+|zlot\w+)\b"
_MONTHS = (
    r"january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|marz|mai|juni|"
    r"juli|oktober|dezember|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|enero|"
    r"febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_DAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?|lundi|mardi|"
    r"mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?"
)

_ASKED: dict[Kind, re.Pattern[str]] = {
    "duration": re.compile(
        rf"\bhow (?:long|often|soon|quickly|frequently)\b|\bhow (?:many|much) (?:{_TIMES}|time)\b"
        rf"|\bwie (?:lange?|oft)\b|\bwie ?viele?n? (?:{_TIMES}|zeit)\b|\bcombien (?:de temps|d'|de )(?:{_TIMES}|\b)"
        rf"|\bcuanto (?:tiempo|dura|tarda)|\bcuant[oa]s (?:{_TIMES})\b|\bquanto (?:tempo|dura)|\bhoe ?(?:lang|vaak)\b"
        r"|多久|多长时间|几[年天]|どのくらい|何[年日]間?"
    ),
    "money": re.compile(
        r"\bhow much\b[^?]*\b(?:costs?|pay|charged?|fee|price|deposit|rent)\b|\bwhat\b[^?]*\b(?:costs?|pay)\b"
        r"|\b(?:what|how high) (?:\w+ ){0,3}(?:price|fee|rent|costs?|deposit)\b|\bhow (?:expensive|much is)\b"
        r"|\b(?:was|wie ?viel)\b[^?]*\bkoste\w+|\bwie teuer\b|\bcombien\b[^?]*\bcout\w*|\bcuanto\b[^?]*\bcuesta\w*"
        r"|\bquanto\b[^?]*\b(?:costa|custa|paga)\w*|\bhoeveel\b[^?]*\bkost|多少钱|いくら|얼마"
    ),
    "number": re.compile(
        r"\bhow (?:many|much|heavy|far|fast|large|big|tall|high|wide|deep|thick|steep|bright|old|hot|cold)\b"
        r"|\bwie (?:schwer|weit|schnell|gross|hoch|breit|tief|viele?|alt|warm)\b|\bwie ?viele?\b|\bcombien\b"
        r"|\bcuant[oa]s?\b|\bquant[oaie]\b|\bhoeveel\b|多少|[几幾]|何[人冊台本枚個回度]"
    ),
    "date": re.compile(
        r"^(?:and |so |but )?when\b|\b(?:since|until|by|from) (?:when|what time)\b|^what (?:time|date|day|year)\b"
        r"|\bin wh(?:at|ich) (?:year|month)\b|\bwann\b|\bquand\b|\bcuando\b|\bquando\b|\bwanneer\b"
        r"|什么时候|何时|几点|いつ|何時"
    ),
    "person": re.compile(r"^(?:and |so |but )?who\b|\bby whom\b|\bwer\b|\bqui\b|\bquien\b|^chi\b|\bwie is\b|谁|誰"),
}
_HELD: dict[Kind, re.Pattern[str]] = {
    "duration": re.compile(
        rf"\b(?:{_NUMBERS}|{_EACH})\b[\s-]*(?:[^\W\d_]+[\s-]+)?(?:{_TIMES})\b|(?:\d|{_FIGURES})\s?(?:[个個か]?月|[秒分天日年周週]|小?时|時)"
    ),
    "money": re.compile(
        rf"{_MONEY}|(?:\d|{_FIGURES})\s?[元円块]|\d[.,]\d\d\b(?!\s?(?!an?\b|per\b)[\w%])|\b(?:free|kostenlos|gratuit\w*|gratis)\b"
    ),
    "number": re.compile(rf"\b(?:{_NUMBERS})\b|\d|{_FIGURES}"),
    "date": re.compile(
        rf"\b(?:1[0-9]|20)\d\d\b|\b(?:{_MONTHS}|{_DAYS})\b"
        rf"|\b\d{{1,2}}[:.]\d\d\b|\b\d{{1,2}} ?(?:[ap]m|uhr|heures?|h|horas)\b|[\d十]+[月日点時]"
    ),
    "person": re.compile(r"^\b$"),
}
_NAME = re.compile(r"(?<=[^.!?:;|] )[^\W\d_a-z]\w+ [^\W\d_a-z]\w+|\b(?:Mr|Mrs|Ms|Dr|Herr|Frau|Mme)\.? |先生|教授")


def kind_of(question: str) -> Kind | None:
    """Return the kind of thing that is asked for; None when the words do not tell."""
    text = fold(question)
    return next((kind for kind, pattern in _ASKED.items() if pattern.search(text)), None)


def told_words(question: str) -> str:
    """Return the question without its words of asking (`how long`): in a sentence they would say nothing."""
    kind = kind_of(question)
    return _ASKED["duration"].sub(" ", fold(question)) if kind == "duration" else question


def holds(kind: Kind, text: str) -> bool:
    """Say whether `text` holds something of this kind."""
    if kind == "person":
        return any(name.group()[0].isupper() for name in _NAME.finditer(text))
    return bool(_HELD[kind].search(fold(text)))
