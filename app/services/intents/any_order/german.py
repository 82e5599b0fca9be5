"""The words of each kind in German."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.german import GERMAN

_DOCS = "{docs}|bibliothek|sammlung|wissensdatenbank"
_THERE = "hast|haben|habe|hab|gibt|liegt|liegen|kennst|hochgeladene?n?|verfügbare?n?|vorhandene?n?|zugriff|gespeichert|meine|deine|bereit|zur verfügung|da|drin"
_OWNING = "es|du|dir|dich|ihr|ihnen|sie|ich|wir|alles?|aller|meine[rn]?|deine[rn]?|bisher|bislang|schon|bereits|aktuell|momentan|derzeit|gerade|insgesamt|sind|ist|wurden|worden|im system|art|arten|vor|bei|verschiedene"
_QUESTION = "frage|gefragt|fragte|nachricht"
_ASKING = "was|wie|welche|wonach|war|lautete|habe|hab|dich|sie|als|am|zu|wollte|wissen|wiederhole?|noch einmal|nochmal|von|ganz|eigentlich|ich|meine|du|weißt|noch|dir|sag"
_PIECE = "das|es|alles|antwort|text|deine|ihre|letzte|vorige|diese|ins|auf|in|als|ganze|gleiche|sprache|nochmal|noch mal|noch einmal|einmal|bitte|version|form|viel|etwas|ein bisschen|dies|obige|gesagte|geht|kann man|mit"
_SAYING = "sagen|sag|sage|machen|mach|mache|formulieren|formuliere|wiederholen?|wiederhole?|schreiben?|schreib|schreibe|erklären|erkläre|erklär|gib|geben|ausdrücken|darstellen|antworte|antworten|fassen|fass|fasse|beschreiben?"

FREE_GERMAN = FreeWords(
    wording=GERMAN,
    glue="bitte|mal|doch|mir|uns|denn|eigentlich|jetzt|nun|also|und|hey|hallo|hi|danke|ok|okay|der|die|das|den|dem|des|ein|eine|einen|einer|einem|kannst du|könntest du|können sie|könnten sie|würdest du|würden sie|ich (?:möchte|will|hätte gerne?|brauche)|kurz|schnell|so|auch|noch|gerne?|vielleicht|genau|an|in|zu|von|vom|im|zum|zur|auf|für|hier|dann|ganz",
    rules=(
        Free("conversation", "first_question", (_QUESTION, "erste|erstes|allererste|zuerst|anfang|beginn|anfangs|ursprünglich|eingangs", "ich|meine"), _ASKING, when="answered"),
        Free("conversation", "last_question", (_QUESTION, "letzte|letztes|zuletzt|eben|gerade|vorhin|vorige|vorherige|davor|zuvor", "ich|meine"), _ASKING, when="answered"),
        Free("conversation", "questions", ("fragen|gefragt", "was|welche|alle|liste|zeig|zeige|nenne", "ich|meine"), f"bisher|bislang|schon|bis jetzt|alles|gestellt|{_ASKING}", when="answered"),
        Free("conversation", "minutes", ("zusammen|zusammenfassen|zusammenfassung|überblick|worüber|was|protokoll", "gespräch|gesprächs|unterhaltung|chat|chatverlauf|gesprochen|geredet|besprochen|diskutiert|unterhalten", "wir|unser|unsere|unseres|unserer|dieses|diese|dieser|das|des|den"), "haben|bisher|bislang|bis jetzt|fasse|fass|fassen|eben|gerade|gib|schon|alles|mach|schreib|kurze", when="answered"),
        Free("conversation", "translate", ("übersetze?|übersetzen|übersetzung",), f"{{lang}}|{_PIECE}|{_SAYING}", when="answered"),
        Free("conversation", "translate", ("{lang}", f"nochmal|noch einmal|das ganze|das gleiche|{_SAYING}"), _PIECE, when="answered"),
        Free("conversation", "shorten", ("kürzer|knapper|kürzen|kürze|kurz|zusammen|zusammenfassen|zusammenfassung|kurzfassung|kurzversion|(?:einem|zwei|drei|wenigen) (?:satz|sätzen|worten)", "das|es|antwort|text|alles", f"geht|zusammenfassen|kürzen|kürze|{_SAYING}"), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("einfacher|verständlicher|anders|anderen worten|einfachen worten|umformulieren|einfacher sprache|klarer|deutlicher|stichpunkte|stichpunkten|tabelle|aufzählung|liste|ausführlicher|genauer", f"umformulieren|wandle|{_SAYING}", "das|es|antwort|daraus|dies"), f"um|{_PIECE}", when="answered"),
        Free("smalltalk", "thanks", ("danke|dankeschön|dank|dankbar|merci",), "vielen|besten|herzlichen|lieben|dir|ihnen|ich|deine|ihre|hilfe|antwort|antworten|auskunft|info|infos|erklärung|das|war|ist|hat|sehr|mir|geholfen|hilfreich|super|toll|prima|perfekt|klasse|gut|gute|schnelle|alles|wirklich|dafür|schon|sehr", order=True),
        Free("smalltalk", "abilities", ("wobei|womit|was|wie|welche|welchen", "du|dich|dir|können sie mir|sie mir", "helfen|hilfst|kannst|unterstützen|unterstützt|fragen|beantworten|fähigkeiten|funktionen"), "alles|mich|tun|machen|kann|können|ich|ihnen|arten?|von|mit|bei|weiterhelfen|deine|sind|stellen|meinen {docs}", when="first"),
        Free("inventory", "count", ("wie ?viele?|anzahl|zahl", _DOCS, _THERE), _OWNING),
        Free("inventory", "list", ("welche|was|zeig|zeige|zeigen|liste|listen|auflisten|nenne|nennen|gib|sag|sehen|anzeigen|übersicht", _DOCS, f"auflisten|{_THERE}"), f"auf|über|liste|titel|namen|{_OWNING}"),
        Free("inventory", "about", ("etwas|was|irgendetwas|irgendwas|informationen|infos|material|{docs}|{doc}", "hast|haben|habe|hab|gibt|find\\w*|steht|kennst|weißt|enthalten|enthält", "du|ich|dir|meinen?|deinen?|hier|{docs}|es|wir"), f"irgendwelche|{_OWNING}", "zum thema|über|bezüglich|betreffend|hinsichtlich", "(?:in|unter) (?:den|meinen|deinen|unseren) {docs}"),
        Free("document", "compare", ("vergleiche?n?|vergleich|unterschiede?|unterscheiden|unterscheidet|gemeinsamkeiten|gegenüberstellung|gegenüber",), "zwischen|was|wie|welche|wo|worin|sind|ist|liegt|liegen|gibt|es|sich|bestehen|besteht|mit|mach|mache|zeig|zeige|nenne|wichtigsten?|größten?|beiden?|stell|stelle|erkläre?|{doc}|{docs}|diese|meine", topic=True),
        Free("document", "summary", ("zusammen|zusammenfassen|zusammenfassung|überblick|übersicht|inhaltsangabe|kurzfassung|kernaussagen?|kernpunkte|hauptpunkte|hauptaussagen|wichtigsten?|wesentliche|tl ?dr|worum geht(?: es|s)?|wovon handelt|inhalt",), "fass|fasse|fassen|gib|geben|mach|mache|machen|schreib|schreibe|schreiben|erstell|erstelle|sie|kurze|kurzen|knappe|aus|über|punkte|aussagen|was|sind|ist|ganze|gesamte|mein|meine|dein|unser|unsere|dieses|diese|dieser|diesem|sätzen|drei|zwei|fünf|wenigen|stichpunkten|mich|worten|erkläre|sag|nenne|zeig|es|steht|{doc}", topic=True),
    ),
)  # fmt: skip
