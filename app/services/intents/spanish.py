"""How Spanish says it."""

from app.services.intents.wording import Wording

SPANISH = Wording(
    language="es",
    noun="{doc}|{docs}|{kind}|{kinds}",
    offers="quieres que|quiere que|te gustaria|le gustaria|deseas que|desea que|necesitas que|puedo (?:también )?(?:ayudarte|mostrarte|darte|ayudarle)",
    replies="no|no hace falta|no es necesario|en realidad no|ok|vale|claro|por supuesto|desde luego|perfecto|genial|bien|bueno|sí|si|correcto|exacto|buena idea|el (?:primero|segundo|último)|la (?:primera|segunda|última)|ambos|ambas|los dos|las dos|todos|todas",
    before="""
        por favor|y|entonces|ahora|pues|ok|vale|bueno|pero|genial|hola|gracias|también|oye|puedes|podrías|puede usted|podría usted|puede|podría|quiero que|quisiera|me gustaría que|quiero
    """,
    after="por favor|gracias|ahora|otra vez|de nuevo|para mí|entonces|muchas gracias|porfa|porfavor",
    parts={
        "docs": "documentos|archivos|ficheros|pdfs?|fuentes|textos|docs|presentaciones|hojas de cálculo",
        "doc": "documento|archivo|fichero|pdf|texto|fuente|presentación|hoja de cálculo",
        "kind": "manual|informe|contrato|libro|artículo|guía|carta|política|estudio|acuerdo|reporte|folleto|acta",
        "kinds": "manuales|informes|contratos|libros|artículos|guías|cartas|estudios|acuerdos|reportes",
        "art": "el|la|los|las|este|esta|estos|estas|ese|esa|mi|mis|tu|tus|su|sus|nuestro|nuestros|del|de la|de los|de las|de este|de mi|de mis|todo|todos|toda|todas|ambos|dos|completo|entero",
        "have": "tienes|tiene|tienen|hay|tengo|conoces|conoce|he subido|he cargado|subí|cargué|están (?:disponibles|cargados|subidos|aquí)|puedes (?:ver|consultar)|tienes acceso|existen|dispones|se han (?:subido|cargado)",
        "here": "aquí|actualmente|ahora|ahora mismo|en este momento|en total|ya|disponibles?|cargados?|subidos?|hasta ahora|en (?:la|tu|mi|su|esta) (?:biblioteca|base|colección|base de datos|base de conocimiento|base de conocimientos)|en el sistema",
        "that": "eso|esto|lo|todo|lo anterior|lo que (?:dijiste|has dicho|acabas de decir)|{answer}",
        "answer": "(?:tu|su|la|esta|esa) (?:última |primera )?(?:respuesta|explicación|lista)(?: anterior| de arriba)?|(?:tu|el|este) (?:último |primer )?(?:mensaje|texto|resumen)",
        "own": "(?:tu|su) (?:última |primera )?(?:respuesta|explicación)(?: anterior)?|la (?:última respuesta|respuesta anterior)|(?:tu|su) (?:último )?mensaje|lo que (?:dijiste|has dicho|acabas de decir)",
        "lang": "inglés|alemán|francés|español|castellano|italiano|portugués|neerlandés|holandés|chino|mandarín|japonés|coreano|ruso|polaco|turco|árabe|sueco|danés|noruego|finlandés|checo|griego|húngaro|rumano|ucraniano|hebreo|latín|catalán",
        "short": "más corto|más corta|más breve|más brevemente|brevemente|en breve|más conciso|en resumen|en (?:una|dos|tres|pocas|1|2|3) (?:frases?|palabras|líneas|oraciones|oración)",
        "plain": "de otra (?:forma|manera)|más simple|más sencillo|más simplemente|con otras palabras|en otras palabras|en términos sencillos|en palabras sencillas|más claro|con más detalle|más detalladamente",
        "shape": "(?:una |un )?(?:lista|tabla|correo|email|e mail|carta|viñetas)",
        "talk": "(?:nuestra|esta|la) (?:conversación|charla|discusión)|(?:nuestro|este|el) (?:diálogo|chat)",
    },
    smalltalk={
        "greeting": "hola|buenos días|buenas tardes|buenas noches|buenas|qué onda|hola (?:a todos|bot|otra vez|de nuevo|amigo)|saludos|mucho gusto|encantado|hey|buen día|holi",
        "thanks": "gracias|muchas gracias|muchísimas gracias|mil gracias|gracias (?:de nuevo|a ti|otra vez)|gracias por (?:la|tu|su|el) (?:ayuda|respuesta|información|explicación|apoyo)|te lo agradezco|se lo agradezco|muy amable|(?:eso |esto )?(?:es|fue|ha sido) (?:muy |de gran )?(?:útil|ayuda)|muy útil|me (?:ha )?ayud(?:ó|ado|a)(?: mucho)?",
        "goodbye": "adiós|hasta (?:luego|mañana|pronto|la vista|la próxima|otra)|chao|chau|nos vemos|bye|que tengas (?:un )?buen(?:a)? (?:día|tarde|noche)|buen fin de semana|cuídate",
        "refusal": "no gracias|ahora no|no eso es todo|eso es todo|nada más|no hay más preguntas|no más preguntas|déjalo|no importa|da igual|es todo",
        "praise": "ok|vale|bien|muy bien|genial|perfecto|excelente|estupendo|fantástico|bueno|de acuerdo|entendido|entiendo|lo entiendo|ya veo|claro|buen trabajo|bien hecho|increíble|guay|súper|super|listo|jaja|maravilloso|buena respuesta|chévere",
        "wellbeing": "cómo estás|cómo está(?: usted)?|qué tal(?: estás)?|cómo te va|cómo va todo|qué hay|todo bien|estás (?:ahí|bien|listo)|hay alguien(?: ahí)?",
        "identity": "quién eres|quién es usted|qué eres|cómo te llamas|cuál es tu nombre|eres (?:un |una )?(?:robot|humano|persona|máquina|ia|bot|chatgpt|real)|quién te (?:creó|hizo|programó|ha creado)|qué modelo eres|preséntate|háblame de ti",
        "abilities": "qué (?:puedes|sabes|puede) hacer(?: por mí)?|para qué sirves|cómo (?:puedes|puede) ayudarme|en qué (?:puedes|puede) ayudar(?:me)?|(?:me puedes|puedes|me podrías|puede) ayudar(?:me)?|ayuda|ayúdame|necesito ayuda|cómo funcionas|qué (?:te puedo|puedo) preguntar(?:te)?|qué preguntas (?:te )?puedo hacer(?:te)?|cuáles son tus (?:funciones|capacidades)|cómo te uso",
    },
    opening={
        "abilities": "qué es esto|cómo funciona(?: esto)?|prueba|probando|test|tengo una pregunta|pregunta|puedo (?:hacerte una pregunta|preguntarte algo)",
        "list": "(?:muestra|muéstrame|lista|enumera|dame|enséñame|dime)(?: los)? {docs}|qué {docs} (?:hay|existen)|{docs}",
        "count": "cuántos {docs}(?: hay| son)?|(?:el )?número de {docs}",
    },
    inventory={
        "list": """
            (?:qué|cuáles)(?: de mis)? {docs} {have}(?: {here})*|cuáles son (?:mis|tus|sus|los) {docs}(?: disponibles| que tienes| cargados| subidos)?(?: {here})*|a qué {docs} tienes acceso|de qué {docs} dispones
            qué (?:he subido|he cargado|subí|tienes (?:aquí|en (?:tu|la) (?:biblioteca|base|colección|base de conocimiento|base de conocimientos)))(?: {here})*|qué hay en (?:tu|la|mi|esta) (?:biblioteca|base de conocimiento|base de conocimientos|colección|base de datos)
            (?:muestra|muéstrame|lista|listar|enumera|dame|enséñame|dime|nombra)(?: una lista de| la lista de)? (?:todos los|todos mis|todos tus|mis|tus|sus|los que tienes|de todos los|de mis) {docs}(?: disponibles| cargados| subidos| que tienes| que he subido| que hay)?(?: {here})*
            (?:muestra|muéstrame|lista|listar|enumera|dame|enséñame|dime|nombra)(?: una lista de| la lista de)? los {docs} (?:disponibles|cargados|subidos|que tienes|que he subido|que hay|que subí)(?: {here})*
            (?:una |la )?lista de (?:mis|tus|todos los|todos mis|los) {docs}(?: disponibles| cargados| subidos)?|(?:todos )?(?:mis|tus) {docs}
        """,
        "count": "cuántos {docs} {have}(?: {here})*|(?:cuál es )?el número de (?:mis|tus) {docs}|cuenta (?:mis|tus|todos los|todos mis) {docs}",
        "newest": "qué (?:he subido|subí|he cargado) (?:por último|recientemente|hoy|ayer|últimamente)|cuál es (?:mi|el) último {doc}(?: subido| cargado| que (?:subí|he subido))|qué {doc} (?:subí|he subido) (?:por último|de último)",
        "about": "(?:tienes|tiene|hay|tengo) (?:algo|algún {doc}|{docs}|un {doc}|algunos {docs}) (?:sobre|acerca de|acerca del|relacionados? con|que (?:hablen?|traten?|hablan?) (?:de|del|sobre)) <topic>|(?:qué|cuáles?) (?:de (?:los|mis|tus) )?(?:{docs}|{doc}) (?:hablan?|tratan?) (?:de|del|sobre) <topic>|(?:qué|cuáles?) (?:de (?:los|mis|tus) )?(?:{docs}|{doc}) mencionan? <topic>",
        "pages": "cuándo (?:se subió|se cargó|se añadió|subí|cargué) <topic>|cuándo fue (?:subido|cargado|añadido) <topic>|cuántas páginas (?:tiene|tienen|hay en|contiene) <topic>",
    },
    own_talk={
        "translate": "(?:traduce|traduzca|traducir|tradúceme) {own}(?: al| a| en)?(?: <lang>)?|(?:repite|dime|dame|escribe) {own} en <lang>",
        "shorten": "(?:acorta|resume|resúmeme|abrevia|acortar|resumir) {own}|(?:repite|dime) {own} {short}",
        "repeat": "(?:repite|repita|repetir|repíteme) {own}|qué (?:dijiste|has dicho|respondiste|has respondido|acabas de decir)(?: antes| ahora)?|cuál (?:fue|era|es) tu (?:última )?respuesta(?: anterior)?",
        "rephrase": "(?:reformula|simplifica|explica|explícame|reescribe) {own}(?: {plain})?",
        "first_question": "qué (?:te )?(?:pregunté|he preguntado) (?:primero|al principio|al inicio|en primer lugar|inicialmente)|cuál (?:fue|era|es) mi primera pregunta|qué fue lo primero que (?:te )?pregunté|repite mi primera pregunta",
        "last_question": "qué (?:te )?(?:pregunté|he preguntado|acabo de preguntar)(?: antes| último| por último| hace un momento| justo antes)?|qué acabo de preguntarte|cuál (?:fue|era|es) mi (?:última )?pregunta(?: anterior)?|repite mi (?:última )?pregunta",
        "questions": "qué (?:te )?(?:he preguntado|pregunté) hasta ahora|qué preguntas (?:te )?(?:he hecho|hice)(?: hasta ahora)?|(?:lista|muestra|muéstrame|repite|enumera) (?:todas )?mis preguntas(?: anteriores)?",
        "minutes": "(?:resume|resúmeme|resumir|recapitula) {talk}(?: hasta ahora)?|(?:dame |haz )?(?:un )?(?:breve )?resumen de {talk}|de qué hemos (?:hablado|conversado)(?: hasta ahora)?|sobre qué hemos hablado",
        "source": "cuáles? (?:es|son) (?:tu|tus|su|sus) fuentes?|(?:cita|muestra|dame|muéstrame) tus? fuentes?",
    },
    talk={
        "translate": "(?:traduce|traduzca|tradúcelo|tradúcela|traducir|tradúceme)(?: {that})?(?: al <lang>| a <lang>| en <lang>)?|(?:dilo|dime|repítelo|repite|escríbelo|escribe|explícalo|responde|contesta)(?: {that})?(?: otra vez| de nuevo)? en <lang>|lo mismo en <lang>|(?:otra vez|de nuevo) en <lang>|cómo se dice (?:eso|esto) en <lang>|al <lang>",
        "shorten": "(?:acórtalo|acorta|resúmelo|resume|abrevia|abrévialo)(?: {that})?(?: {short})?|(?:un poco |mucho )?{short}|hazlo (?:un poco |mucho )?(?:más corto|más breve)|(?:dilo|repítelo|repite|explícalo|dime)(?: {that})? {short}|(?:es )?demasiado largo|muy largo|versión corta|sé breve",
        "repeat": "(?:repite|repítelo|repita|repítela)(?: {that})?|(?:dilo|dímelo) (?:otra vez|de nuevo)|otra vez|de nuevo|una vez más|cómo|perdón|qué dijiste",
        "rephrase": "(?:reformula|reformúlalo|simplifica|simplifícalo|reescríbelo)(?: {that})?|(?:dilo|explícalo|explica|dímelo|explícamelo|escríbelo)(?: {that})? {plain}|{plain}|no (?:lo )?entiendo(?: {that})?|no entendí|qué quieres decir(?: con eso)?|a qué te refieres|(?:ponlo|hazlo|escríbelo|conviértelo|muéstralo|dámelo) (?:en|como) {shape}|más (?:formal|educado)",
        "why": "por qué|porque|por qué (?:eso|no|es así|es eso)|y eso por qué|cómo es eso|por qué razón|a qué se debe",
        "sure": "estás (?:realmente |completamente )?segur[oa](?: de eso)?|está seguro|de verdad|en serio|es (?:eso |esto )?(?:verdad|cierto|correcto)|(?:eso )?es (?:verdad|cierto|correcto)|eso (?:es falso|no es (?:cierto|verdad|correcto))|cómo lo sabes|compruébalo|verifícalo",
        "source": "dónde (?:dice|pone|está|aparece|se dice) eso|dónde (?:lo )?(?:encontraste|leíste|has leído|viste)(?: eso)?|de dónde (?:sale|viene|sacas|sacaste) eso|(?:la |las )?fuentes?|(?:en )?qué página(?: está| es)?|en qué (?:documento|archivo)(?: está| dice eso)?|(?:muéstrame|cita|dame) (?:la|las) (?:fuente|fuentes|cita|pasaje)",
        "continue": "continúa|continua|sigue|prosigue|adelante sigue|sigue por favor",
        "reply": "sí|si|sí (?:claro|por favor|hazlo|adelante|gracias|exacto|me gustaría|eso|está bien)|adelante|hazlo|por favor|me gustaría|me encantaría|eso sería (?:genial|estupendo|bueno)|con gusto|exacto|exactamente|dale",
    },
    orders={"translate": "en <lang>|<lang>", "rephrase": "(?:en|como) {shape}"},
    whole={
        "summary": """
            (?:resume|resúmeme|resumir|resuma|describe|analiza|explica|explícame|sintetiza)(?: brevemente)? {art}(?: {art})* (?:{doc}|{docs})(?: {short}| en detalle)?
            (?:dame|haz|hazme|escribe|quiero|necesito|genera)? ?(?:un|una|el|la)? ?(?:breve |corto |pequeño )?(?:resumen|síntesis|visión general)(?: de)? {art}(?: {art})* (?:{doc}|{docs})
            de qué (?:trata|tratan|habla|hablan|va) {art}(?: {art})* (?:{doc}|{docs})|qué (?:dice|dicen|contiene|contienen) {art}(?: {art})* (?:{doc}|{docs})|qué hay en {art}(?: {art})* (?:{doc}|{docs})
            cuáles son los (?:puntos|temas|resultados|hallazgos) (?:principales|clave|más importantes|importantes) (?:de )?{art}(?: {art})* (?:{doc}|{docs})|cuáles son las (?:ideas|conclusiones) (?:principales|clave) (?:de )?{art}(?: {art})* (?:{doc}|{docs})
        """,
        "compare": "(?:compara|comparar|compare|compárame) {art}(?: {art})* {docs}|(?:cuáles? (?:son|es) )?(?:las |la )?diferencias? entre {art}(?: {art})* {docs}",
    },
    named={
        "summary": "(?:resume|resúmeme|resumir|resuma|sintetiza)(?: brevemente)? <topic>|(?:dame|haz|hazme|escribe|quiero|necesito|genera)? ?(?:un|una|el|la)? ?(?:breve |corto )?(?:resumen|síntesis) (?:de la |de los |de las |del |de )<topic>",
        "compare": "(?:compara|comparar|compare|compárame) <topic>|(?:cuáles? (?:son|es) )?(?:las |la )?diferencias? entre <topic>",
    },
    asked={
        "summary": "de qué (?:trata|habla|va) <topic>|qué (?:dice|contiene) <topic>|cuáles son los (?:puntos|temas|resultados|hallazgos) (?:principales|clave|más importantes) (?:de la |de los |del |de )<topic>|(?:analiza|describe|explica) <topic>",
        "count": "cuánt[oa]s [a-z][a-z ]{1,60} (?:aparecen|figuran|se mencionan|se listan) en <topic>|cuánt[oa]s [a-z][a-z ]{1,60} (?:menciona|lista) <topic>",
        "items": "(?:lista|enumera|dame|muéstrame|nombra) (?:todos los|todas las) [a-z][a-z ]{1,60} (?:mencionad[oa]s )?(?:en|de|del) <topic>",
    },
    counted={
        "count": "cuánt[oa]s [a-z][a-z ]{1,60} (?:se )?(?:mencionan|listan|enumeran|están listad[oa]s|aparecen listad[oa]s)(?: en total)?",
        "items": "(?:lista|enumera) (?:todos los|todas las) [a-z][a-z ]{1,60}",
    },
)  # fmt: skip
