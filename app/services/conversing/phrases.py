"""What the service says itself, in the languages whose wordings it knows."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.intents.types import Smalltalk


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language. Braces are filled in with str.format."""

    smalltalk: Mapping[Smalltalk, str]
    one_document: str
    documents: str
    newest_of: str
    newest: str
    line: str
    line_one: str
    about: str
    about_none: str
    no_documents: str
    asked: str
    asked_first: str
    asked_last: str
    asked_nothing: str
    sources: str
    no_sources: str
    no_model: str
    not_found: str
    closest: str
    outline: str
    outline_one: str
    headings: str


ENGLISH = Phrases(
    smalltalk={
        "greeting": "Hello! Ask me about your documents.",
        "thanks": "You are welcome.",
        "goodbye": "Goodbye!",
        "praise": "Good. Ask me whenever you want to know more.",
        "wellbeing": "I am fine and ready. What would you like to know from your documents?",
        "identity": "I am an assistant that answers questions from your documents and says where each answer is from.",
        "abilities": "I answer questions from your documents and cite the passages. You can also ask which documents "
        "there are, or what one of them is about, and go on about an answer: shorter, in another language, or why.",
        "refusal": "All right.",
    },
    one_document="There is one document:",
    documents="There are {count} documents:",
    newest_of="There are {count} documents. The newest {shown}:",
    newest="This is the newest document:",
    line="{name} ({kind}, {pages} pages, {date})",
    line_one="{name} ({kind}, 1 page, {date})",
    about="These documents come closest to “{topic}”:",
    about_none="I found nothing about “{topic}” in your documents.",
    no_documents="There are no documents yet. Upload some, then ask about them.",
    asked="You asked:",
    asked_first="Your first question was: “{question}”",
    asked_last="Your last question was: “{question}”",
    asked_nothing="You have not asked anything before.",
    sources="My last answer rests on:",
    no_sources="My last answer cites no document.",
    no_model="That takes a language model, and this service runs without one. My last answer was:",
    not_found="I could not find an answer to “{topic}” in your documents.",
    closest="What comes closest: {names}.",
    outline="{name} ({kind}, {pages} pages), in its most central sentences:",
    outline_one="{name} ({kind}, 1 page), in its most central sentences:",
    headings="Sections: {names}",
)

GERMAN = Phrases(
    smalltalk={
        "greeting": "Hallo! Fragen Sie mich etwas zu Ihren Dokumenten.",
        "thanks": "Gern geschehen.",
        "goodbye": "Auf Wiedersehen!",
        "praise": "Gut. Fragen Sie einfach weiter.",
        "wellbeing": "Mir geht es gut. Was möchten Sie aus Ihren Dokumenten wissen?",
        "identity": "Ich bin ein Assistent, der Fragen aus Ihren Dokumenten beantwortet und die Fundstellen nennt.",
        "abilities": "Ich beantworte Fragen aus Ihren Dokumenten und nenne die Fundstellen. Sie können auch fragen, "
        "welche Dokumente es gibt oder worum es in einem geht, und zu einer Antwort weiterfragen: kürzer, in einer "
        "anderen Sprache oder warum.",
        "refusal": "In Ordnung.",
    },
    one_document="Es gibt ein Dokument:",
    documents="Es gibt {count} Dokumente:",
    newest_of="Es gibt {count} Dokumente. Die neuesten {shown}:",
    newest="Das ist das neueste Dokument:",
    line="{name} ({kind}, {pages} Seiten, {date})",
    line_one="{name} ({kind}, 1 Seite, {date})",
    about="Diese Dokumente kommen „{topic}“ am nächsten:",
    about_none="Zu „{topic}“ habe ich in Ihren Dokumenten nichts gefunden.",
    no_documents="Es gibt noch keine Dokumente. Laden Sie welche hoch, dann können Sie danach fragen.",
    asked="Sie haben gefragt:",
    asked_first="Ihre erste Frage war: „{question}“",
    asked_last="Ihre letzte Frage war: „{question}“",
    asked_nothing="Sie haben vorher nichts gefragt.",
    sources="Meine letzte Antwort beruht auf:",
    no_sources="Meine letzte Antwort nennt kein Dokument.",
    no_model="Dafür braucht es ein Sprachmodell, und dieser Dienst läuft ohne. Meine letzte Antwort war:",
    not_found="Auf „{topic}“ habe ich in Ihren Dokumenten keine Antwort gefunden.",
    closest="Am nächsten kommen: {names}.",
    outline="{name} ({kind}, {pages} Seiten) in seinen zentralen Sätzen:",
    outline_one="{name} ({kind}, 1 Seite) in seinen zentralen Sätzen:",
    headings="Abschnitte: {names}",
)

FRENCH = Phrases(
    smalltalk={
        "greeting": "Bonjour ! Posez-moi une question sur vos documents.",
        "thanks": "Je vous en prie.",
        "goodbye": "Au revoir !",
        "praise": "Très bien. N'hésitez pas à continuer.",
        "wellbeing": "Je vais bien. Que voulez-vous savoir de vos documents ?",
        "identity": "Je suis un assistant qui répond à partir de vos documents et cite ses sources.",
        "abilities": "Je réponds aux questions à partir de vos documents et je cite les passages. Vous pouvez aussi "
        "demander quels documents il y a ou de quoi l'un d'eux parle, et revenir sur une réponse : plus court, dans "
        "une autre langue, ou pourquoi.",
        "refusal": "D'accord.",
    },
    one_document="Il y a un document :",
    documents="Il y a {count} documents :",
    newest_of="Il y a {count} documents. Les {shown} plus récents :",
    newest="Voici le document le plus récent :",
    line="{name} ({kind}, {pages} pages, {date})",
    line_one="{name} ({kind}, 1 page, {date})",
    about="Ces documents sont les plus proches de « {topic} » :",
    about_none="Je n'ai rien trouvé sur « {topic} » dans vos documents.",
    no_documents="Il n'y a pas encore de documents. Importez-en, puis posez vos questions.",
    asked="Vous avez demandé :",
    asked_first="Votre première question était : « {question} »",
    asked_last="Votre dernière question était : « {question} »",
    asked_nothing="Vous n'avez encore rien demandé.",
    sources="Ma dernière réponse s'appuie sur :",
    no_sources="Ma dernière réponse ne cite aucun document.",
    no_model="Cela demande un modèle de langage, et ce service fonctionne sans. Ma dernière réponse était :",
    not_found="Je n'ai pas trouvé de réponse à « {topic} » dans vos documents.",
    closest="Le plus proche : {names}.",
    outline="{name} ({kind}, {pages} pages) en quelques phrases centrales :",
    outline_one="{name} ({kind}, 1 page) en quelques phrases centrales :",
    headings="Sections : {names}",
)

SPANISH = Phrases(
    smalltalk={
        "greeting": "¡Hola! Pregúnteme algo sobre sus documentos.",
        "thanks": "De nada.",
        "goodbye": "¡Hasta luego!",
        "praise": "Muy bien. Siga preguntando cuando quiera.",
        "wellbeing": "Estoy bien. ¿Qué quiere saber de sus documentos?",
        "identity": "Soy un asistente que responde a partir de sus documentos y cita las fuentes.",
        "abilities": "Respondo preguntas a partir de sus documentos y cito los pasajes. También puede preguntar qué "
        "documentos hay o de qué trata uno, y seguir con una respuesta: más corta, en otro idioma o por qué.",
        "refusal": "De acuerdo.",
    },
    one_document="Hay un documento:",
    documents="Hay {count} documentos:",
    newest_of="Hay {count} documentos. Los {shown} más recientes:",
    newest="Este es el documento más reciente:",
    line="{name} ({kind}, {pages} páginas, {date})",
    line_one="{name} ({kind}, 1 página, {date})",
    about="Estos documentos son los más cercanos a «{topic}»:",
    about_none="No he encontrado nada sobre «{topic}» en sus documentos.",
    no_documents="Todavía no hay documentos. Suba algunos y pregunte por ellos.",
    asked="Usted preguntó:",
    asked_first="Su primera pregunta fue: «{question}»",
    asked_last="Su última pregunta fue: «{question}»",
    asked_nothing="Todavía no ha preguntado nada.",
    sources="Mi última respuesta se basa en:",
    no_sources="Mi última respuesta no cita ningún documento.",
    no_model="Eso requiere un modelo de lenguaje, y este servicio funciona sin uno. Mi última respuesta fue:",
    not_found="No he encontrado respuesta a «{topic}» en sus documentos.",
    closest="Lo más cercano: {names}.",
    outline="{name} ({kind}, {pages} páginas), en sus frases más centrales:",
    outline_one="{name} ({kind}, 1 página), en sus frases más centrales:",
    headings="Secciones: {names}",
)
