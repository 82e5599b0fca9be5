"""How German says it."""

from app.services.intents.wording import Wording

GERMAN = Wording(
    language="de",
    noun="{doc}|{docs}|{kind}|{kinds}",
    offers="möchten sie|möchtest du|soll ich|wollen sie|willst du|kann ich (?:ihnen|dir)|darf ich|sagen sie (?:mir )?einfach|sag (?:mir )?einfach",
    replies="nein|ne|nee|nicht nötig|nicht wirklich|ok|okay|klar|na klar|sicher|natürlich|unbedingt|perfekt|super|gut|gerne?|ja|richtig|stimmt|genau|gute idee|bitte|(?:den|die|das) (?:erste|zweite|dritte|letzte)n?|beide|alle",
    before="""
        bitte|und|dann|jetzt|nun|also|ok|okay|gut|aber|super|hey|hi|hallo|danke|ach|noch|mal|doch|könntest du|könnten sie|kannst du|können sie
        würdest du|würden sie|ich möchte dass du|ich hätte gerne?|ich möchte|ich will
    """,
    after="bitte|danke|mal|bitte mal|jetzt|nochmal|noch mal|noch einmal|für mich|kurz|bot|denn|eigentlich|eben|gerade|vielen dank",
    parts={
        "docs": "dokumente|dokumenten|dateien|pdfs|pdf dateien|pdf dokumente|unterlagen|quellen|texte|texten|files|tabellen|präsentationen|word dokumente|excel dateien",
        "doc": "dokument|dokuments|datei|pdf|pdf datei|text|quelle|unterlage|tabelle|präsentation",
        "kind": "handbuch|handbuchs|bericht|berichts|vertrag|vertrags|buch|buchs|artikel|artikels|anleitung|bedienungsanleitung|broschüre|brief|richtlinie|protokoll|studie|vereinbarung|skript|leitfaden",
        "kinds": "handbücher|berichte|verträge|bücher|artikel|anleitungen|briefe|richtlinien|protokolle|studien|vereinbarungen",
        "art": "das|die|der|den|dem|des|dieses|diese|dieser|diesen|diesem|mein|meine|meinen|meines|dein|deine|unser|unsere|ihr|ihre|ganze|ganzen|gesamte|gesamten|hochgeladene|hochgeladenen|komplette|alle|aller|beide|beiden|zwei",
        "have": "hast du|habt ihr|haben sie|kennst du|kennen sie|gibt es|habe ich|hab ich|haben wir|habe ich hochgeladen|hab ich hochgeladen|wurden hochgeladen|sind (?:verfügbar|vorhanden|hochgeladen|gespeichert|da|geladen)|kannst du (?:sehen|durchsuchen)|liegen vor|stehen (?:dir |ihnen )?zur verfügung",
        "here": "hier|da|denn|aktuell|momentan|gerade|zurzeit|derzeit|bisher|insgesamt|alles|eigentlich|verfügbar|vorliegen|hochgeladen|gespeichert|zur verfügung|schon|bereits|in (?:der|deiner|meiner|dieser) (?:bibliothek|sammlung|wissensdatenbank|datenbank|ablage)|im (?:system|bestand|speicher|archiv)",
        "that": "das|dies|es|alles|was du (?:gerade |eben )?gesagt hast|{answer}",
        "answer": "(?:deine|ihre|die|diese) (?:(?:letzte|vorige|vorherige|obige|erste) )?(?:antwort|nachricht|erklärung|zusammenfassung|auskunft|liste)|den (?:letzten )?text",
        "own": "(?:deine|ihre) (?:(?:letzte|vorige|vorherige|obige|erste) )?(?:antwort|nachricht|erklärung|auskunft)|die (?:letzte|vorige|vorherige|obige) (?:antwort|nachricht|auskunft)|was du (?:gerade |eben |zuletzt )?gesagt hast",
        "lang": "englisch|englische|deutsch|deutsche|französisch|französische|spanisch|spanische|italienisch|italienische|portugiesisch|niederländisch|holländisch|chinesisch|japanisch|koreanisch|russisch|polnisch|türkisch|arabisch|schwedisch|dänisch|norwegisch|finnisch|tschechisch|griechisch|ungarisch|rumänisch|ukrainisch|hebräisch|latein",
        "short": "kürzer|knapper|kurz|in kürze|kurz und knapp|in (?:einem|zwei|drei|wenigen|1|2|3) (?:sätzen?|worten|wörtern|stichpunkten|stichworten|zeilen)",
        "plain": "anders|einfacher|verständlicher|in anderen worten|mit anderen worten|in einfachen worten|in einfacher sprache|genauer|ausführlicher|nochmal|noch einmal",
        "shape": "(?:eine |einer |ein )?(?:liste|tabelle|stichpunkte|stichpunkten|aufzählung|e mail|email|mail|brief)",
        "talk": "(?:unser|unsere|unserem|unserer|unseren|das|dieses|die|diese) (?:gespräch|unterhaltung|chat|konversation|dialog)s?",
    },
    smalltalk={
        "greeting": "hallo|hallöchen|hi|hey|guten (?:morgen|tag|abend)|moin|moin moin|servus|grüß gott|grüß dich|grüezi|tach|morgen|hallo zusammen|(?:hallo|hi|hey) (?:du|bot|nochmal|alle)|schönen guten tag|freut mich",
        "thanks": "danke|dankeschön|danke schön|danke sehr|vielen dank|vielen lieben dank|besten dank|herzlichen dank|tausend dank|danke dir|ich danke (?:dir|ihnen)|danke (?:für (?:die|deine|ihre) (?:schnelle |gute )?(?:hilfe|antwort|auskunft|info|information|erklärung))|danke das (?:war|ist) hilfreich|(?:das |sehr )?(?:war |ist )?(?:sehr )?hilfreich|das hat (?:mir )?(?:sehr )?geholfen|das hilft(?: mir)?(?: sehr)?|merci",
        "goodbye": "tschüss|tschüs|tschau|auf wiedersehen|auf wiederhören|bis (?:bald|später|dann|morgen|zum nächsten mal)|gute nacht|schönen (?:tag|abend)(?: noch)?|schönes wochenende|einen schönen (?:tag|abend)(?: noch)?|mach es gut|machs gut|mach s gut",
        "refusal": "nein danke|nee danke|ne danke|jetzt nicht|nicht jetzt|nein das war alles|das war alles|das ist alles|das wäre alles|keine weiteren fragen|nichts weiter|schon gut|egal|vergiss es",
        "praise": "ok|okay|gut|super|toll|prima|klasse|perfekt|wunderbar|ausgezeichnet|sehr gut|genial|spitze|alles klar|verstanden|verstehe|ich verstehe|ach so|aha|achso|in ordnung|passt|gut gemacht|gute arbeit|cool|schön|sehr schön|gute antwort|haha|fein|läuft|geht klar",
        "wellbeing": "wie geht es (?:dir|ihnen)(?: heute)?|wie geht s(?: dir)?|wie gehts(?: dir)?|na wie geht s|alles gut(?: bei dir)?|was geht|wie läuft es|bist du da|ist da jemand|ist jemand da|bist du (?:wach|online|bereit)",
        "identity": "wer bist du|wer sind sie|was bist du|wie heißt du|wie heißen sie|wie ist dein name|bist du (?:ein |eine )?(?:bot|roboter|mensch|maschine|ki|chatbot|echt|chatgpt)|wer hat dich (?:gemacht|gebaut|programmiert|entwickelt)|welches (?:ki |sprach)?modell bist du|stell dich vor|erzähl (?:mir )?(?:etwas |was )?über dich",
        "abilities": "was kannst du(?: alles| für mich tun| für mich machen| machen| tun)?|was können sie(?: alles| für mich tun)?|was machst du|wobei kannst du (?:mir )?helfen|womit kannst du (?:mir )?helfen|wie kannst du (?:mir )?helfen|kannst du mir helfen|können sie mir helfen|hilfe|hilf mir|ich brauche hilfe|wie funktionierst du|was kann ich (?:dich |sie )?(?:alles )?fragen|welche fragen kann ich (?:dir |ihnen )?stellen|wofür bist du da|was sind deine (?:fähigkeiten|funktionen)|wie benutze ich dich",
    },
    opening={
        "abilities": "was ist das(?: hier)?|wie funktioniert das(?: hier)?|test|los|start|frage|ich habe eine frage|ich hab(?:e)? (?:mal )?eine frage|darf ich (?:dich )?(?:etwas|was) fragen",
        "list": "(?:zeig|zeige|zeigen sie|nenne|nenn|liste)(?: mir)?(?: die)? {docs}(?: auf)?|welche {docs} (?:gibt es|sind da)|{docs}",
        "count": "wie viele {docs}(?: gibt es| sind es)?|wieviele {docs}(?: gibt es| sind es)?|(?:die )?anzahl der {docs}",
    },
    inventory={
        "list": """
            (?:welche|was für)(?: anderen| meiner| deiner)? {docs} {have}(?: {here})*
            was (?:hast du|haben sie|habe ich|hab ich)(?: alles| denn)*(?: an)? (?:{docs} )?(?:hochgeladen|gespeichert|in (?:deiner|der|meiner) (?:bibliothek|sammlung|wissensdatenbank|datenbank))|was liegt (?:alles )?(?:hier )?vor
            was ist (?:alles )?in (?:der|deiner|meiner|dieser) (?:bibliothek|sammlung|wissensdatenbank|datenbank)|auf welche {docs} (?:hast du|haben sie) zugriff
            (?:zeig|zeige|zeigen sie|nenne|nenn|nennen sie|liste|gib|gib mir|auflisten|sag)(?: mir| uns)?(?: eine liste(?: von| mit)?| eine übersicht über)? (?:alle|alle meine|meine|deine|die verfügbaren|alle verfügbaren|die hochgeladenen|alle hochgeladenen|alle deine|die vorhandenen|sämtliche) {docs}(?: auf| an)?(?: {here})*
            (?:eine )?(?:liste|übersicht) (?:aller|meiner|deiner|der verfügbaren|der hochgeladenen|über alle|über meine|aller meiner) {docs}|(?:alle )?(?:meine|deine) {docs}|alle {docs} (?:auflisten|anzeigen|zeigen)
            (?:zeig|zeige|nenne|nenn|liste)(?: mir)?(?: alle| die)? {docs} (?:auf )?die (?:du (?:hast|kennst)|ich hochgeladen habe|es gibt|verfügbar sind|vorliegen|hochgeladen sind)
        """,
        "count": """
            (?:wie viele|wieviele) {docs} {have}(?: {here})*|wie viel {docs} hast du
            (?:was ist )?(?:die )?(?:gesamt)?(?:anzahl|zahl) (?:meiner|deiner|der hochgeladenen|aller|der verfügbaren) {docs}|zähle (?:alle |meine |deine )+{docs}
        """,
        "newest": "was habe ich (?:zuletzt|als letztes|heute|gestern|kürzlich|neulich) hochgeladen|(?:welches|was) ist (?:das neueste|das letzte|mein neuestes|mein letztes) dokument|welche datei habe ich zuletzt hochgeladen|(?:was|welche) ist die (?:neueste|zuletzt hochgeladene) datei",
        "about": """
            (?:hast du|habt ihr|haben sie|gibt es|habe ich) (?:etwas|was|irgendetwas|irgendwas|{docs}|ein {doc}|eine {doc}|irgendwelche {docs}) (?:über|zu|zum|zur|zum thema|bezüglich|betreffend) <topic>
            (?:welche|welches) (?:der |meiner )?(?:{docs}|{doc}) (?:handelt|handeln) (?:von|vom) <topic>|(?:welche|welches) (?:der |meiner )?(?:{docs}|{doc}) (?:erwähnt|erwähnen|behandelt|behandeln) <topic>
            in (?:welchen|welchem) (?:{docs}|{doc}) (?:geht es um|kommt) <topic>(?: vor)?
        """,
        "pages": "wann (?:wurde|wurden) <topic> (?:hochgeladen|hinzugefügt)|wann (?:habe|hab) ich <topic> (?:hochgeladen|hinzugefügt)|wie viele seiten (?:hat|haben|umfasst|umfassen) <topic>|wieviele seiten (?:hat|haben) <topic>",
    },
    own_talk={
        "translate": "(?:übersetze|übersetz|übersetzen sie|gib|schreib|schreibe|wiederhole) (?:mir )?{own}(?: (?:ins|auf|in|nach) <lang>)?|(?:kannst du |könntest du )?{own} (?:ins|auf|in) <lang>(?: übersetzen)?",
        "shorten": "(?:kürze|fasse|fass) {own}(?: {short}| zusammen| kurz zusammen)*|{own} (?:kürzer|zusammenfassen|kürzen)|(?:wiederhole|wiederhol) {own} {short}",
        "repeat": "(?:wiederhole|wiederhol|wiederholen sie|zeig mir nochmal) {own}|{own} wiederholen|was (?:hast du|haben sie) (?:gerade |eben |zuletzt |vorhin |vorher )?(?:gesagt|geantwortet)|was war (?:deine|ihre) (?:letzte |vorige )?antwort",
        "rephrase": "(?:formuliere|formulier|erkläre|erklär|vereinfache|schreib|schreibe) (?:mir )?{own} {plain}|{own} {plain}(?: formulieren| erklären| ausdrücken)?",
        "first_question": "was (?:habe ich|hab ich|war) (?:dich |sie )?(?:zuerst|als erstes|am anfang|zu beginn|anfangs|ganz am anfang) gefragt|was war meine (?:aller)?erste (?:frage|nachricht)|wie (?:hat|begann) (?:unser|das) gespräch(?: begonnen| angefangen)?|wonach habe ich (?:zuerst|als erstes) gefragt",
        "last_question": "was (?:habe ich|hab ich) (?:dich |sie )?(?:gerade|eben|zuletzt|vorhin|vorher|davor|als letztes|zuvor)(?: eben)? gefragt|was (?:war|ist) meine (?:letzte|vorige|vorherige) (?:frage|nachricht)|was (?:habe ich|hab ich) (?:dich |sie )?gefragt|wie war meine frage|wiederhole meine (?:letzte )?frage",
        "questions": "was (?:habe ich|hab ich) (?:dich |sie )?(?:bisher|bis jetzt|alles|schon alles|bisher alles) gefragt|welche fragen (?:habe ich|hab ich) (?:dir |ihnen )?(?:bisher |schon |bis jetzt )?gestellt|(?:liste|nenne|zeig|zeige|zeig mir) (?:alle )?meine (?:bisherigen )?fragen(?: auf)?",
        "minutes": "(?:fasse|fass|fassen sie) {talk}(?: bisher)?(?: kurz)? zusammen|(?:gib mir )?(?:eine )?(?:kurze )?zusammenfassung (?:von )?(?:unseres|des|dieses|unserem|unserer|der) (?:gespräch|gesprächs|unterhaltung|chats|chat|konversation)|(?:worüber|was) haben wir (?:bisher |bis jetzt |schon |alles )*(?:gesprochen|geredet|besprochen|diskutiert)",
        "source": "(?:was|welche|welches) (?:ist|sind|war|waren) (?:deine|ihre) quellen?(?: dafür| hierfür)?|(?:nenne|nenn|zeig|zeige)(?: mir)? (?:deine|ihre) quellen?",
    },
    talk={
        "translate": "(?:übersetze|übersetz|übersetzen sie)(?: {that})?(?: (?:ins|auf|in|nach) <lang>| ins <lang>e)?|{that} (?:auf|ins|in) <lang>(?: übersetzen)?|(?:sag|sage|schreib|schreibe|wiederhole|erkläre|antworte|gib) (?:mir )?(?:{that} )?(?:nochmal |noch einmal )?(?:auf|in|ins) <lang>|das (?:ganze|gleiche|selbe) (?:auf|in) <lang>|(?:nochmal|noch einmal) (?:auf|in) <lang>|was heißt das auf <lang>|wie sagt man das auf <lang>",
        "shorten": "kürzer|(?:etwas |viel )?(?:kürzer|knapper)|(?:kürze|kürz)(?: {that})?|(?:mach|mache) {that} (?:etwas |viel )?(?:kürzer|knapper)|(?:sag|sage|wiederhole|erkläre|erklär|fasse|fass) (?:mir )?{that}(?: nochmal| noch einmal)? (?:{short}|zusammen|kurz zusammen|{short} zusammen)|fass zusammen|zusammenfassen|{that} {short}|{short}|(?:das ist |ist |viel )?zu lang|kurzfassung|kurzversion|wiederhole (?:das )?kürzer",
        "repeat": "(?:wiederhole|wiederhol|wiederholen sie)(?: {that})?|(?:sag|sage) {that} (?:nochmal|noch mal|noch einmal)|nochmal|noch mal|noch einmal|nochmals|wie bitte|wie war das(?: nochmal| noch mal)?|was hast du gesagt",
        "rephrase": "(?:sag|sage|erkläre|erklär|formuliere|formulier|schreib|schreibe) (?:mir )?{that} {plain}|{plain}|(?:vereinfache|umformulieren|formuliere)(?: {that})?(?: um)?|(?:das )?(?:verstehe|versteh|kapiere) ich nicht|ich verstehe (?:das |es |die antwort )?nicht|was meinst du(?: damit)?|was bedeutet das|wie meinst du das|(?:mach|mache|schreib|schreibe|gib mir|zeig mir) {that} (?:als|in) {shape}|mach (?:eine liste|eine tabelle|eine e mail|eine mail) daraus|(?:förmlicher|formeller|höflicher|freundlicher)",
        "why": "warum|wieso|weshalb|warum das|warum ist das so|wieso ist das so|wieso das|warum nicht|wieso nicht|wie kommt das|aus welchem grund",
        "sure": "bist du (?:dir )?(?:ganz |wirklich )?sicher|sind sie sicher|wirklich|echt|im ernst|stimmt das(?: wirklich)?|ist das (?:wirklich )?(?:wahr|richtig|sicher|so|korrekt)|das (?:stimmt nicht|ist falsch|ist nicht richtig|kann nicht sein)|woher weißt du das|das glaube ich nicht|prüf(?:e)? das(?: nach| nochmal)?",
        "source": "wo steht das|woher (?:hast du|haben sie|kommt|weißt du) das|(?:quelle|quellen|quellenangabe|beleg)|(?:auf )?welche[rn]? seite(?: steht das| ist das)?|(?:in )?(?:welchem dokument|welcher datei)(?: steht das)?|aus welchem dokument(?: ist| stammt| kommt)?(?: das)?|(?:zeig|zeige|nenne|nenn)(?: mir)? die (?:quelle|quellen|stelle|textstelle)",
        "continue": "weiter|mach weiter|fahre fort|fahr fort|weitermachen|erzähl weiter|schreib weiter",
        "reply": "ja|jo|jawohl|ja (?:gerne?|klar|genau|bitte|mach das|tu das|das wäre (?:gut|toll|schön|nett|super))|gerne?|sehr gerne?|mach das|tu das|das wäre (?:gut|toll|schön|nett|super|hilfreich)|unbedingt|nur zu|leg los|genau",
    },
    orders={"translate": "(?:auf|ins|in) <lang>|<lang>", "rephrase": "als {shape}|in {shape}"},
    whole={
        "summary": """
            (?:fasse|fass|fassen sie|beschreibe|beschreib|erkläre|analysiere)(?: mir| uns)?(?: kurz| bitte)? {art}(?: {art})* (?:{doc}|{docs})(?: {short}| bitte| kurz)?(?: zusammen)?
            {art}(?: {art})* (?:{doc}|{docs}) (?:kurz )?(?:zusammenfassen|zusammengefasst)
            (?:gib mir |gib |schreib |schreibe |erstelle |mach |mache |ich brauche )?(?:mir )?(?:eine|einen|die)? ?(?:kurze |kurzen |knappe )?(?:zusammenfassung|überblick|übersicht|inhaltsangabe)(?: von| über| zu)? {art}(?: {art})* (?:{doc}|{docs})
            worum geht es in {art}(?: {art})* (?:{doc}|{docs})|wovon handel(?:t|n) {art}(?: {art})* (?:{doc}|{docs})|was steht in {art}(?: {art})* (?:{doc}|{docs})|was ist der inhalt {art}(?: {art})* (?:{doc}|{docs})
            was sind die (?:wichtigsten|zentralen) (?:punkte|themen|aussagen|ergebnisse|erkenntnisse|inhalte) (?:in |aus |von )?{art}(?: {art})* (?:{doc}|{docs})
        """,
        "compare": "(?:vergleiche|vergleich|vergleichen sie)(?: mir)? {art}(?: {art})* {docs}(?: miteinander)?|(?:was (?:sind|ist) )?(?:die |der )?unterschiede? zwischen {art}(?: {art})* {docs}|(?:wie|worin) unterscheiden sich {art}(?: {art})* {docs}",
    },
    named={
        "summary": "(?:fasse|fass|fassen sie)(?: mir| uns)?(?: kurz| bitte)? <topic>(?: kurz| bitte| {short})? zusammen|<topic> (?:kurz )?zusammenfassen|(?:gib mir |gib |schreib |schreibe |erstelle |mach |ich brauche )?(?:mir )?(?:eine|einen|die)? ?(?:kurze |kurzen |knappe )?(?:zusammenfassung|überblick|inhaltsangabe) (?:von |über |zu |vom |der |des )?<topic>",
        "compare": "(?:vergleiche|vergleich|vergleichen sie)(?: mir)? <topic>|(?:was (?:sind|ist) )?(?:die |der )?unterschiede? zwischen <topic>|(?:wie|worin) unterscheide(?:n|t) sich <topic>",
    },
    asked={
        "summary": "(?:worum|um was) geht es (?:in|im|bei) <topic>|wovon handelt <topic>|was steht (?:in|im) <topic>|was sind die (?:wichtigsten|zentralen) (?:punkte|themen|aussagen|ergebnisse|erkenntnisse) (?:in |aus |von |des |der |im )?<topic>|(?:beschreibe|erkläre|analysiere) <topic>",
        "count": "wie viele [a-z][a-z ]{1,60} (?:sind|werden) (?:in |im )<topic> (?:aufgelistet|aufgeführt|genannt|erwähnt|beschrieben|verzeichnet)",
        "items": "(?:liste|nenne|nenn|zeig|zeige|zähle)(?: mir)? (?:alle|sämtliche) [a-z][a-z ]{1,60} (?:in|aus|im|von) <topic>(?: auf)?",
    },
    counted={
        "count": "wie viele [a-z][a-z ]{1,60} (?:sind|werden|wurden) (?:insgesamt )?(?:aufgelistet|aufgeführt|genannt|erwähnt|verzeichnet|gemeldet|gelistet)",
        "items": "(?:liste|zähle) (?:mir )?(?:alle|sämtliche) [a-z][a-z ]{1,60} auf",
    },
)  # fmt: skip
