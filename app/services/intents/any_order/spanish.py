"""The words of each kind in Spanish."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.spanish import SPANISH

_DOCS = "{docs}|biblioteca|base de conocimientos?|colección"
_THERE = "tienes|tiene|tengo|hay|disponibles?|subidos?|cargados?|añadidos?|subí|subido|cargado|mis|tus|sus|acceso|conoces|guardados?"
_OWNING = "tú|yo|se|son|están|todos?|todas?|hasta ahora|actualmente|ya|nombres?|títulos?|sistema|he|has|hay|que|estos|tipos?|tipo|clase|total|algún|alguno"
_QUESTION = "pregunta|pregunté|preguntado|mensaje|preguntó"
_ASKING = "cuál|qué|fue|era|es|lo|te|he|hecho|hice|recuerdas|repite|dime|que|mi|yo"
_PIECE = "eso|esto|todo|respuesta|tu|su|última|anterior|esta|esa|lo mismo|otra vez|de nuevo|más|menos|mucho|versión|forma|manera|idioma|con|como|formato|palabras|texto"
_SAYING = "di|dilo|dime|dímelo|decir|decirlo|repite|repetir|repítelo|repítemelo|escribe|escribir|escríbelo|responde|responder|contesta|explica|explicar|explícalo|explícame|explícamelo|explicarlo|explicármelo|reformula|reformular|pon|ponlo|ponerlo|haz|hazlo|hacer|hacerlo|reescribe|reescríbelo|convierte|conviértelo|presenta|preséntalo"

FREE_SPANISH = FreeWords(
    wording=SPANISH,
    glue="por favor|porfa|me|nos|el|la|los|las|lo|un|una|unos|unas|de|del|al|a|en|y|pues|ahora|hola|gracias|puedes|podrías|puede|podría|quiero|quisiera|me gustaría|necesito|solo|también|muy|un poco|aquí|para|rápido|rápidamente",
    rules=(
        Free("conversation", "first_question", (_QUESTION, "primera?|primero|principio|inicio|inicialmente", "mi|yo|te|he|pregunté"), _ASKING, when="answered"),
        Free("conversation", "last_question", (_QUESTION, "última|último|anterior|antes|hace un momento", "mi|yo|te|he|pregunté"), _ASKING, when="answered"),
        Free("conversation", "questions", ("preguntas|preguntado|pregunté", "qué|cuáles|lista|todas|muestra", "mis|te|he|hice"), f"hasta ahora|ya|todas|{_ASKING}", when="answered"),
        Free("conversation", "minutes", ("resume|resumir|resúmeme|resumen|recapitula|qué|sobre", "conversación|charla|diálogo|hablado|conversado|discutido|hablamos", "nuestra|hemos|esta|nosotros|hablamos|la"), "hasta ahora|haz|hazme|dame|que", when="answered"),
        Free("conversation", "translate", ("traduce|traducir|traducirlo|tradúcelo|tradúcemelo|traduzca|traducción",), f"{{lang}}|{_PIECE}|{_SAYING}", when="answered"),
        Free("conversation", "translate", ("{lang}", _SAYING), _PIECE, when="answered"),
        Free("conversation", "shorten", ("corto|corta|cortito|breve|brevemente|resume|resumir|resumirlo|resúmelo|resúmemelo|resumen|acorta|acortar|acórtalo|acortarlo|conciso|abrevia|abrévialo|sintetiza|(?:una|dos|tres|pocas) (?:frases?|palabras|líneas)", f"eso|esto|respuesta|versión|resume|resumirlo|resúmelo|acórtalo|acortarlo|abrévialo|{_SAYING}"), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("sencillo|sencillas|sencillamente|simple|simples|simplemente|simplifica|simplifícalo|reformula|reformúlalo|otras palabras|otra manera|otra forma|claro|claramente|viñetas|tabla|lista|fácil|en detalle", f"simplifica|simplifícalo|reformúlalo|{_SAYING}"), f"términos|palabras|{_PIECE}", when="answered"),
        Free("smalltalk", "thanks", ("gracias|agradezco|agradecido",), "muchas|muchísimas|mil|tu|su|ayuda|respuestas?|información|explicación|es|eso|esto|fue|ha|sido|útil|genial|perfecto|excelente|muy|te|se|todo|por|tus|amable|super|me|ayudado|mucho", order=True),
        Free("smalltalk", "abilities", ("qué|cómo|cuáles|en qué", "tú|te|puedes|podrías|sabes|eres|tus", "ayudar|ayudarme|hacer|preguntar|preguntarte|capaz|sirves|funciones|habilidades|capacidades"), "puedo|mí|tipo|clase|preguntas|cosas|por|con|son|todo|que", when="first"),
        Free("inventory", "count", ("cuántos|cuántas|número|cantidad", _DOCS, _THERE), _OWNING),
        Free("inventory", "list", ("qué|cuáles|muestra|muéstrame|mostrar|lista|listar|enumera|dame|dime|ver", _DOCS, _THERE), _OWNING),
        Free("inventory", "about", ("algo|alguna cosa|nada|información|informaciones|{docs}|{doc}|material", "tienes|tiene|tengo|hay|encuentra|encuentras|contienen|hablan|sabes|dicen|dice", "tienes|tengo|mis|tus|aquí|{docs}|sabes"), _OWNING, "sobre|acerca (?:de|del)|relacionado con|relativo a|respecto a", "en (?:mis|tus|los|nuestros) {docs}"),
        Free("document", "compare", ("compara|comparar|comparación|diferencias?|difieren|similitudes|en común|semejanzas",), "entre|cuál|cuáles|qué|es|son|hay|con|haz|hazme|muestra|dame|explica|principales?|estos|mis|dos|ambos|tienen|se|tabla|{doc}|{docs}", topic=True),
        Free("document", "summary", ("resume|resumir|resúmeme|resúmelo|resumen|síntesis|sintetiza|visión general|panorama|puntos (?:clave|principales|importantes)|ideas (?:clave|principales)|lo más importante|tl ?dr",), "haz|hazme|hacer|dame|dar|escribe|breve|corto|pequeño|detallado|completo|cuál|cuáles|qué|es|son|este|esta|mi|nuestro|tu|frases|palabras|tres|dos|cinco|sobre|todo|entero|dime|con|que|pocas|{doc}", topic=True),
    ),
)  # fmt: skip
