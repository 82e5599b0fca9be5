"""The words of each kind in French."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.french import FRENCH

_DOCS = "{docs}|bibliothèque|base de connaissances|collection"
_THERE = "as|avez|ai|y a|disponibles?|à disposition|importée?s?|téléversée?s?|téléchargée?s?|chargée?s?|ajoutée?s?|envoyée?s?|mes|tes|vos|accès|connais|stockée?s?"
_OWNING = "tu|vous|j|je|t|il|ce|est ce que|est|sont|ton|ta|votre|tous|toutes|tout|déjà|actuellement|dans|noms?|titres?|jusqu ici|jusqu à présent|as|avez|ai|qui|là|au total|y|ça"
_QUESTION = "question|demandé|demandée|posée?|message"
_ASKING = (
    "quelle?|quoi|qu|que|est ce que|était|est|fut|été|ai|t|te|vous|tu|c|rappelle|répète|posée?|ce|as|avais|j|je|ma|mes"
)
_PIECE = "ça|cela|ceci|ta|votre|ton|réponse|dernière|précédente|cette|même chose|tout|encore une fois|plus|moins|beaucoup|version|avec|sous|forme|langue|vers|texte|à nouveau|façon|manière"
_SAYING = "dis|dire|dites|redis|redire|redites|répète|répéter|répétez|écris|écrire|écrivez|réponds|répondre|explique|expliquer|expliquez|réexplique|reformule|reformuler|formule|donne|donner|fais|faire|mets|mettre|présente|présenter|transforme"

FREE_FRENCH = FreeWords(
    wording=FRENCH,
    glue="s il (?:te|vous) plaît|svp|stp|me|m|moi|nous|le|la|les|l|un|une|des|du|de|d|à|au|aux|en|et|donc|alors|maintenant|bonjour|salut|merci|peux tu|pouvez vous|pourrais tu|pourriez vous|tu peux|vous pouvez|est ce que tu (?:peux|pourrais)|je (?:voudrais|veux|souhaite)|j aimerais|juste|encore|un peu|aussi|bien|très|ici|pour|rapidement|vite",
    rules=(
        Free("conversation", "first_question", (_QUESTION, "première?|premier|début|commencé|initiale|initialement|d abord", "ma|mon|j|je|ai"), _ASKING, when="answered"),
        Free("conversation", "last_question", (_QUESTION, "dernière|dernier|précédente|avant|juste avant|tout à l heure", "ma|mon|j|je|ai"), _ASKING, when="answered"),
        Free("conversation", "questions", ("questions|demandé", "quelles|quoi|qu|que|liste|toutes|rappelle", "mes|j|je|ai"), f"jusqu ici|jusqu à présent|déjà|toutes|posées|{_ASKING}", when="answered"),
        Free("conversation", "minutes", ("résume|résumer|résumez|résumé|récapitule|récapituler|synthèse|quoi|que|qu", "conversation|discussion|échange|dialogue|parlé|discuté|échangé", "notre|nous|cette|on|avons"), "a|avons|est ce qu|jusqu ici|jusqu à présent|fais|faire|donne|dit", when="answered"),
        Free("conversation", "translate", ("tradui[st]|traduire|traduisez|traduction",), f"{{lang}}|{_PIECE}|{_SAYING}", when="answered"),
        Free("conversation", "translate", ("{lang}", _SAYING), _PIECE, when="answered"),
        Free("conversation", "shorten", ("courte?|bref|brève|brièvement|concise?|concis|résume|résumer|résumez|résumé|raccourcis|raccourcir|abrège|abréger|synthétise|synthétiser|condense|(?:une|deux|trois|quelques) (?:phrases?|mots|lignes)", f"ça|cela|ceci|réponse|version|résume|résumer|raccourcis|raccourcir|abrège|{_SAYING}"), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("simple|simples|simplement|simplifie|simplifier|autrement|clair|clairement|reformule|reformuler|autres mots|autres termes|différemment|liste à puces|puces|tableau|liste|mots simples|en détail", f"simplifie|simplifier|{_SAYING}"), f"mots|termes|{_PIECE}", when="answered"),
        Free("smalltalk", "thanks", ("merci|mercis|remercie",), "beaucoup|mille|infiniment|bien|ton|ta|tes|votre|vos|aide|réponses?|infos?|informations?|explications?|c est|c était|était|très|super|parfait|génial|cool|utile|gentil|clair|tout|je|te|vous|vraiment|grand|encore|ça|m|a|aidé|avance|toi", order=True),
        Free("smalltalk", "abilities", ("que|qu|quoi|comment|quelles?|en quoi|quels?", "tu|vous|t", "aider|aide|demander|poser|capable|sers|fonctions|fonctionnalités|faire"), "peux|pouvez|puis|je|j|sais|savez|m|est ce que|questions?|choses?|genre|type|sortes?|es|êtes|tes|vos|sont|tout|te", when="first"),
        Free("inventory", "count", ("combien|nombre", _DOCS, _THERE), _OWNING),
        Free("inventory", "list", ("quels?|quelles?|qu|que|quoi|montre|montrer|liste|lister|affiche|afficher|donne|donner|voir|cite|énumère", _DOCS, _THERE), _OWNING),
        Free("inventory", "about", ("quelque chose|quoi que ce soit|informations?|infos?|{docs}|{doc}|rien|éléments?", "as|avez|ai|y a|trouve\\w*|parlent?|contiennent|connais|sais", "tu|vous|mes|tes|nos|ici|{docs}|je"), f"est ce que|cherche|{_OWNING}", "sur|à propos (?:de|du|des|d)|concernant|au sujet (?:de|du|des|d)|traitant (?:de|du|des|d)", "dans (?:mes|tes|vos|nos|les) {docs}"),
        Free("document", "compare", ("comparer?|comparez|comparaison|différences?|diffèrent|diffère|similitudes?|points communs|oppose",), "entre|quelles?|quels?|est|sont|il|y a|a|t|avec|fais|faire|montre|donne|explique|principales?|ces|mes|deux|en quoi|qui|ce|tableau|{doc}|{docs}", topic=True),
        Free("document", "summary", ("résume|résumer|résumez|résumé|synthèse|synthétise|synthétiser|aperçu|vue d ensemble|essentiel|points (?:clés?|principaux|essentiels|importants)|idées (?:clés?|principales)|grandes lignes|tl ?dr",), "fais|faire|donne|donner|écris|besoin|j ai|court|bref|brève|petit|rapide|détaillé|complet|complète|quels?|quelles?|sont|est|ce|cet|cette|mon|ma|notre|votre|ton|dans|sur|tout|entier|phrases?|mots|trois|deux|cinq|quelques|lignes|{doc}", topic=True),
    ),
)  # fmt: skip
