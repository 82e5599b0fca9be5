"""The words of each kind in Italian."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.italian import ITALIAN

_DOCS = "{docs}|biblioteca|raccolta|base di conoscenza"
_THERE = "hai|ha|ho|ci sono|disponibili|caricat[oi]|aggiunt[oi]|miei|mie|tuoi|tue|accesso|conosci|presenti"
_OWNING = "tu|io|sono|tutti|tutte|finora|attualmente|già|nomi|titoli|nel sistema|hai|ho|che|questi|tipi|tipo"
_QUESTION = "domanda|chiesto|domandato|messaggio"
_ASKING = "qual|quale|che|cosa|era|è|stata|ti|ho|fatto|la|mia|ricordi|ripeti|dimmi"
_PIECE = "questo|quello|tutto|risposta|tua|ultima|precedente|questa|lo stesso|di nuovo|ancora|più|meno|molto|versione|forma|modo|lingua|con|come|parole|testo"
_SAYING = "di|dillo|dimmi|dimmelo|dire|dirlo|ripeti|ripetere|ripetilo|scrivi|scrivere|scrivilo|rispondi|spiega|spiegare|spiegalo|spiegamelo|spiegarlo|spiegarmelo|riformula|riformulare|metti|mettilo|fai|fallo|fare|farlo|riscrivi|riscrivilo|trasforma|trasformalo"

FREE_ITALIAN = FreeWords(
    wording=ITALIAN,
    glue="per favore|per piacere|mi|me|ci|il|lo|la|i|gli|le|l|un|uno|una|di|del|dello|della|dell|dei|degli|delle|al|alla|a|in|e|allora|ora|adesso|ciao|grazie|puoi|potresti|può|vorrei|voglio|solo|anche|un po|qui|per|rapidamente|velocemente",
    rules=(
        Free("conversation", "first_question", (_QUESTION, "prima|primo|inizio|inizialmente", "mia|ho|io"), _ASKING, when="answered"),
        Free("conversation", "last_question", (_QUESTION, "ultima|ultimo|precedente|poco fa|appena", "mia|ho|io"), _ASKING, when="answered"),
        Free("conversation", "minutes", ("riassumi|riassumere|riassunto|riepiloga|riepilogo|cosa|che", "conversazione|discussione|dialogo|parlato|discusso|chat", "nostra|nostro|abbiamo|questa"), "finora|fai|fammi|dammi|che", when="answered"),
        Free("conversation", "translate", ("traduci|tradurre|tradurlo|traducilo|traducimelo|traduzione",), f"{{lang}}|{_PIECE}|{_SAYING}", when="answered"),
        Free("conversation", "translate", ("{lang}", _SAYING), _PIECE, when="answered"),
        Free("conversation", "shorten", ("breve|brevemente|corto|corta|conciso|riassumi|riassumilo|riassumerlo|riassunto|accorcia|accorcialo|accorciarlo|abbrevia|sintetizza|(?:una|due|tre|poche) (?:frasi?|parole|righe)", f"questo|risposta|versione|riassumi|riassumilo|riassumerlo|accorcialo|accorciarlo|{_SAYING}"), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("semplice|semplici|semplicemente|semplifica|semplificalo|riformula|altre parole|diversamente|altro modo|chiaro|chiaramente|elenco puntato|elenco|tabella|in dettaglio", f"semplifica|semplificalo|{_SAYING}"), f"termini|parole|{_PIECE}", when="answered"),
        Free("smalltalk", "thanks", ("grazie|ringrazio",), "mille|tante|molte|tuo|tua|aiuto|risposta|informazioni|spiegazione|è|stato|utile|molto|davvero|perfetto|ottimo|ti|tutto|gentile|bene|super|di cuore", order=True),
        Free("smalltalk", "abilities", ("cosa|che|come|quali", "tu|ti|puoi|sai|sei|tue", "aiutare|aiutarmi|fare|chiedere|chiederti|capace|servi|funzioni|capacità"), "posso|tipo|genere|domande|cose|con|sono|di", when="first"),
        Free("inventory", "count", ("quanti|quante|numero", _DOCS, _THERE), _OWNING),
        Free("inventory", "list", ("quali|che|cosa|mostra|mostrami|elenca|elencami|lista|dammi|dimmi|vedere", _DOCS, _THERE), _OWNING),
        Free("inventory", "about", ("qualcosa|nulla|niente|informazioni|{docs}|{doc}|materiale", "hai|ho|c è|ci sono|trova|contengono|parlano|sai", "hai|ho|miei|tuoi|qui|{docs}|sai"), _OWNING, "su|sul|sulla|sulle|sui|riguardo a|riguardo al|riguardo alla|a proposito di|circa", "nei (?:miei|tuoi|nostri) {docs}"),
        Free("document", "compare", ("confronta|confrontare|confronto|paragona|differenze|differenza|differiscono|somiglianze|in comune",), "tra|fra|quali|qual|che|sono|è|ci|con|fai|fammi|mostra|dammi|spiega|principali|questi|miei|due|hanno|si|tabella|{doc}|{docs}", topic=True),
        Free("document", "summary", ("riassumi|riassumere|riassumimi|riassunto|sintesi|sintetizza|panoramica|punti (?:chiave|principali|importanti)|idee (?:chiave|principali)|tl ?dr",), "fai|fammi|fare|dammi|dare|scrivi|breve|corto|piccolo|dettagliato|completo|quali|sono|questo|mio|nostro|tuo|frasi|parole|tre|due|cinque|su|sul|tutto|intero|dimmi|con|poche|{doc}", topic=True),
    ),
)  # fmt: skip
