"""Whether a question asks for something to be computed: a sum, a count, an extreme, a ranking, a choice of rows."""

import re
from collections.abc import Mapping

from app.services.intents.folding import MAX_MESSAGE, fold
from app.services.intents.types import Language

_WORDINGS: Mapping[Language, str] = {
        "en": r"\b(?:sums?|totals?|how many|number of|count|average|mean|highest|lowest|most|least|largest|smallest|biggest|"
        r"greatest|maximum|minimum|max|min|top|cheapest|earliest|latest|more than|less than|fewer than|above|below|"
        r"over|under|between|before|after|(?:list|show) (?:me )?(?:all|every|the)|which \w+ (?:are|have|were|cost)|"
        r"how much|per (?:month|year|quarter|\w+)|by (?:month|year|quarter|region))\b",
        "de": r"\b(?:summe|gesamt\w*|insgesamt|wie viele?|wieviele?|anzahl|zahle|durchschnitt\w*|mittelwert|hochste[nrs]?|"
        r"niedrigste[nrs]?|meisten?|wenigsten|groß?te[nrs]?|grosste[nrs]?|kleinste[nrs]?|maximal\w*|minimal\w*|top|billigste\w*|"
        r"teuerste\w*|mehr als|weniger als|uber|unter|zwischen|vor|nach|(?:liste|zeige)\w*|je|pro)\b",
        "fr": r"\b(?:somme|total\w*|au total|combien|nombre d|nombre de|moyenne?|maximum|minimum|le plus|la plus|les plus|le moins|"
        r"plus de|moins de|superieure?s?|inferieure?s?|entre|avant|apres|liste[rz]?|par (?:mois|an|annee|region))\b",
        "es": r"\b(?:suma|total|en total|cuant[oa]s?|numero de|promedio|media|maxim[oa]|minim[oa]|mayor(?:es)?|menor(?:es)?|"
        r"mas de|menos de|entre|antes|despues|lista|por (?:mes|ano|region))\b",
        "it": r"\b(?:somma|totale|in totale|quant[oiae]|numero di|media|massim[oa]|minim[oa]|maggior[ei]?|minor[ei]?|"
        r"piu di|meno di|tra|prima|dopo|elenca|per (?:mese|anno|regione))\b",
        "zh": r"总和|总计|合计|总共|一共|总额|总数|总|多少|几个|平均|最高|最低|最大|最小|最多|最少|前\w{1,3}名|超过|大于|小于|低于|高于|之前|之后|列出|每月|每年",
        "ja": r"合計|総額|総数|いくつ|いくら|何件|何人|平均|最高|最低|最大|最小|最も|以上|以下|より(?:多|少|大|小)|上位|ごと",
}  # fmt: skip
_ASKING = {language: re.compile(pattern) for language, pattern in _WORDINGS.items()}


def asks_to_compute(message: str) -> Language | None:
    """Return the language in which a message may ask for a computation; None if it does not.

    Generous: it counts only where passages of tables were found.
    """
    folded = fold(message) if len(message) <= MAX_MESSAGE else ""
    return next((language for language, asking in _ASKING.items() if asking.search(folded)), None)
