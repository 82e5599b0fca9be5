"""How French says it."""

from app.services.intents.wording import Wording

FRENCH = Wording(
    language="fr",
    noun="{doc}|{docs}|{kind}|{kinds}",
    offers="voulez vous|veux tu|souhaitez vous|souhaites tu|dois je|puis je|aimeriez vous|je peux (?:aussi )?vous",
    replies="non|pas vraiment|pas la peine|ok|d accord|bien sûr|certainement|parfait|super|bien|oui|correct|exact|bonne idée|volontiers|le (?:premier|deuxième|second|dernier)|la (?:première|deuxième|seconde|dernière)|les deux|tous|toutes",
    before="""
        s il (?:vous|te) plaît|svp|stp|et|alors|maintenant|donc|ok|d accord|mais|super|bien|bonjour|salut|merci|aussi
        peux tu|pouvez vous|pourrais tu|pourriez vous|est ce que tu peux|est ce que vous pouvez|tu peux|vous pouvez|je voudrais|je veux|j aimerais|veuillez
    """,
    after="s il (?:vous|te) plaît|svp|stp|merci|maintenant|encore|encore une fois|pour moi|alors|merci beaucoup",
    parts={
        "docs": "documents|fichiers|pdfs?|sources|textes|docs|tableurs|présentations",
        "doc": "document|fichier|pdf|texte|source|tableur|présentation",
        "kind": "manuel|rapport|contrat|livre|article|guide|lettre|politique|étude|accord|notice|brochure|compte rendu",
        "kinds": "manuels|rapports|contrats|livres|articles|guides|lettres|études|accords|notices",
        "art": "le|la|les|l|ce|cet|cette|ces|mon|ma|mes|ton|tes|votre|vos|notre|nos|du|de la|des|de l|de ce|de cet|de cette|de mon|de mes|tout|tous|toute|toutes|deux|entier|complet",
        "have": "as tu|avez vous|tu as|vous avez|y a t il|il y a|est ce que tu as|est ce que vous avez|connais tu|j ai|ai je|j ai (?:téléchargés?|importés?|chargés?|téléversés?|ajoutés?)|sont (?:disponibles|chargés|importés|accessibles|là)|peux tu (?:voir|consulter)|as tu accès|possèdes tu",
        "here": "ici|actuellement|en ce moment|maintenant|au total|en tout|déjà|disponibles?|dans (?:la|ta|votre|ma|cette) (?:bibliothèque|base|collection|base de connaissances|base de données)|dans le système|à disposition|à ta disposition",
        "that": "ça|cela|ceci|le|la|l|tout|tout ça|ce que tu (?:as dit|viens de dire)|{answer}",
        "answer": "(?:ta|votre|la|cette) (?:dernière |première |précédente )?(?:réponse|explication|liste)(?: précédente| ci dessus)?|(?:ton|votre|le|ce) (?:dernier |premier )?(?:message|texte|résumé)",
        "own": "(?:ta|votre) (?:dernière |première |précédente )?(?:réponse|explication)(?: précédente)?|la (?:dernière|précédente) réponse|la réponse précédente|(?:ton|votre) (?:dernier )?message|ce que (?:tu viens|vous venez) de dire",
        "lang": "anglais|allemand|français|espagnol|italien|portugais|néerlandais|chinois|mandarin|japonais|coréen|russe|polonais|turc|arabe|suédois|danois|norvégien|finnois|tchèque|grec|hongrois|roumain|ukrainien|hébreu|latin",
        "short": "plus court|plus courte|plus brièvement|brièvement|en bref|plus concis|en résumé|en (?:une|deux|trois|quelques|1|2|3) (?:phrases?|mots|lignes|points)",
        "plain": "autrement|plus simplement|simplement|avec d autres mots|en d autres termes|en termes simples|plus clairement|plus en détail|différemment",
        "shape": "(?:une |un )?(?:liste|tableau|liste à puces|e mail|email|mail|lettre)",
        "talk": "(?:notre|cette|la) (?:conversation|discussion)|(?:notre|cet|le) (?:échange|dialogue|entretien)",
    },
    smalltalk={
        "greeting": "bonjour|salut|coucou|bonsoir|hello|allô|bonjour (?:à tous|toi|bot)|salut toi|enchanté|ravi de te rencontrer|bon matin",
        "thanks": "merci|merci (?:beaucoup|bien|infiniment|mille fois|encore|à toi|à vous)|un grand merci|mille mercis|merci pour (?:ton|votre|l|la|ta|les) (?:aide|réponse|infos?|informations?|explication)|je (?:te|vous) remercie(?: beaucoup)?|c est (?:très |vraiment )?(?:utile|gentil)|très utile|(?:ça|cela) m aide(?: beaucoup)?|(?:ça|cela) m a (?:beaucoup )?aidé",
        "goodbye": "au revoir|à bientôt|à plus|à plus tard|à demain|adieu|bye|bonne (?:nuit|journée|soirée)|bon week end|salut à bientôt|à la prochaine",
        "refusal": "non merci|pas maintenant|non c est tout|c est tout|ce sera tout|rien d autre|plus de questions|pas d autres? questions?|laisse tomber|tant pis|peu importe|ça ira",
        "praise": "ok|d accord|super|génial|parfait|excellent|très bien|bien|c est bien|cool|bravo|bien joué|bon travail|je vois|compris|j ai compris|je comprends|entendu|ça marche|formidable|magnifique|nickel|top|haha|merveilleux|bonne réponse",
        "wellbeing": "(?:comment )?ça va(?: bien)?|comment vas tu|comment allez vous|tu vas bien|vous allez bien|quoi de neuf|es tu là|tu es là|il y a quelqu un|y a t il quelqu un",
        "identity": "qui es tu|qui êtes vous|tu es qui|c est quoi ton nom|quel est (?:ton|votre) nom|comment (?:tu t appelles|t appelles tu|vous appelez vous)|es tu (?:un |une )?(?:robot|humain|machine|ia|bot|chatgpt|vrai)|qui t a (?:créé|fait|programmé)|quel modèle es tu|présente toi",
        "abilities": "que (?:peux tu|pouvez vous|sais tu) faire(?: pour moi)?|qu est ce que (?:tu peux|tu sais|vous pouvez) faire(?: pour moi)?|tu peux faire quoi|tu sais faire quoi|à quoi (?:sers tu|tu sers)|comment (?:peux tu|pouvez vous) m aider|peux tu m aider|pouvez vous m aider|aide|aide moi|aidez moi|j ai besoin d aide|comment (?:fonctionnes tu|tu fonctionnes|ça marche avec toi)|que puis je (?:te |vous )?demander|quelles questions puis je (?:te |vous )?poser|comment t utiliser",
    },
    opening={
        "abilities": "c est quoi(?: ça)?|qu est ce que c est|comment ça marche|test|question|j ai une question|puis je (?:te |vous )?poser une question",
        "list": "(?:montre|montrez|liste|affiche|donne|cite)(?: moi)?(?: les)? {docs}|quels {docs} y a t il|{docs}",
        "count": "combien de {docs}(?: y a t il)?|combien y a t il de {docs}|(?:le )?nombre de {docs}",
    },
    inventory={
        "list": """
            (?:quels?|quelles?)(?: sont (?:les|tes|vos|mes))? {docs}(?: est ce que)? (?:{have})(?: {here})*|quels sont (?:tes|vos|mes|les) {docs}(?: disponibles| que tu as| que j ai| chargés| importés)?(?: {here})*|quels {docs} sont ici
            (?:tu as|vous avez|as tu|avez vous|il y a) quels? {docs}(?: {here})*|(?:tu as|vous avez) quoi comme {docs}|qu est ce que (?:tu as|vous avez) comme {docs}|qu est ce que j ai (?:téléchargé|importé|chargé|ajouté)|à quels {docs} (?:as tu|avez vous) accès
            (?:montre|montrez|liste|listez|affiche|affichez|donne|donnez|cite|énumère|fais voir|dis)(?: moi)?(?: la liste de| une liste de| la liste| une liste)? (?:tous les|tous mes|tous tes|mes|tes|vos|les|des|de mes|de tes|de tous les|de tous mes) {docs}(?: disponibles| importés| chargés| que tu as| que vous avez| que j ai (?:importés|téléchargés|chargés)| téléchargés)(?: {here})*
            (?:montre|montrez|liste|listez|affiche|affichez|donne|donnez|cite|énumère)(?: moi)?(?: la liste de| une liste de)? (?:tous les|tous mes|tous tes|mes|tes|vos|de mes|de tes|de tous les|de tous mes) {docs}(?: {here})*
            (?:une |la )?liste (?:de mes|de tes|de vos|des|de tous les|de tous mes) {docs}(?: disponibles| importés| chargés)?|(?:tous )?(?:mes|tes|vos) {docs}|qu y a t il dans (?:ta|la|ma|votre) (?:bibliothèque|base|collection|base de connaissances)
        """,
        "count": "combien (?:de {docs} )?(?:as tu|avez vous|tu as|vous avez|ai je|j ai|possèdes tu|y a t il)(?: de)?(?: {docs})?(?: (?:importés?|chargés?|téléchargés?|ajoutés?))?(?: {here})+|combien de {docs} (?:as tu|avez vous|tu as|vous avez|ai je|j ai|possèdes tu|est ce que tu as)(?: (?:importés?|chargés?|téléchargés?|ajoutés?))?(?: {here})*|combien de {docs} (?:y a t il|sont) (?:{here})|(?:quel est )?le nombre de (?:mes|tes|vos) {docs}|compte (?:mes|tes|tous les|tous mes) {docs}",
        "newest": "qu est ce que j ai (?:importé|téléchargé|chargé|ajouté) (?:en dernier|récemment|aujourd hui|hier)|quel est (?:mon|le) dernier {doc}(?: importé| chargé| téléchargé| ajouté| que j ai (?:importé|chargé|ajouté|téléchargé))",
        "about": "(?:as tu|avez vous|tu as|vous avez|y a t il|il y a|est ce que tu as) (?:quelque chose|des {docs}|un {doc}|des choses|du matériel) (?:sur|concernant|à propos de|à propos du|au sujet de|relatifs? à|qui parlent? de|qui parlent? du) <topic>|quels? {docs} (?:parlent?|traitent?) (?:de|du|des|de la) <topic>|quels? {docs} mentionnent <topic>|quel {doc} (?:parle|traite) (?:de|du|des|de la) <topic>|quel {doc} mentionne <topic>",
        "pages": "quand (?:a été|ont été|ai je|est ce que j ai) (?:<topic> )?(?:importée?s?|téléversée?s?|téléchargée?s?|ajoutée?s?|chargée?s?)(?: <topic>)?|quand <topic> (?:a t il|a t elle) été (?:importée?|téléversée?|ajoutée?)|combien de pages (?:a|ont|fait|compte|contient|comporte|y a t il dans) <topic>|<topic> (?:a|fait|compte) combien de pages",
    },
    own_talk={
        "translate": "(?:traduis|traduisez|traduire|traduit)(?: moi)? {own}(?: en <lang>| vers l <lang>)?|(?:répète|redis|donne)(?: moi)? {own} en <lang>",
        "shorten": "(?:raccourcis|raccourcir|résume|résumez|résumer|abrège|condense)(?: moi)? {own}|(?:répète|redis)(?: moi)? {own} {short}",
        "repeat": "(?:répète|répétez|répéter|redonne|redis)(?: moi)? {own}|qu (?:as tu|avez vous) (?:dit|répondu)(?: juste avant| avant| tout à l heure| en dernier)?|qu est ce que (?:tu as|tu viens de|vous avez) (?:dit|dire|répondu)|quelle (?:était|est) (?:ta|votre) (?:dernière )?réponse",
        "rephrase": "(?:reformule|reformulez|reformuler|simplifie|explique|réécris)(?: moi)? {own}(?: {plain})?",
        "first_question": "qu (?:est ce que j ai|ai je) (?:demandé|dit)(?: en premier| au début| d abord| au départ)|qu est ce que je (?:t ai|vous ai) demandé (?:en premier|au début|d abord|au départ)|que (?:t ai je|vous ai je) demandé (?:en premier|au début|d abord)|quelle (?:était|est|fut) ma (?:toute )?première question|c était quoi ma première question",
        "last_question": "qu (?:est ce que j ai|ai je) demandé(?: avant| juste avant| en dernier| précédemment)?|qu est ce que je (?:t ai|vous ai|viens de te|viens de) demand(?:é|er)(?: avant| juste avant| en dernier)?|que (?:t ai je|vous ai je) demandé(?: avant| en dernier)?|quelle (?:était|est) ma (?:dernière |précédente )?question(?: précédente)?|répète ma (?:dernière )?question",
        "questions": "qu est ce que (?:j ai|je t ai|je vous ai) demandé (?:jusqu ici|jusqu à présent|jusqu à maintenant)|quelles questions (?:ai je|j ai|est ce que j ai|je t ai) posées?(?: jusqu ici| jusqu à présent)?|(?:liste|montre|répète|affiche)(?: moi)? (?:toutes )?mes questions(?: précédentes)?",
        "minutes": "(?:résume|résumez|résumer|récapitule)(?: moi)? {talk}(?: jusqu ici)?|(?:fais moi |donne moi )?(?:un |le )?(?:bref )?résumé de {talk}|de quoi avons nous (?:parlé|discuté)(?: jusqu ici| jusqu à présent)?|de quoi on a parlé",
        "source": "(?:quelles?|quels?) (?:est|sont) (?:ta|tes|vos|votre) sources?|(?:cite|montre|donne)(?: moi)? (?:ta|tes|vos) sources?|d où (?:tiens tu|vient|sors tu) (?:ta|cette|votre) réponse",
    },
    talk={
        "translate": "(?:traduis|traduisez|traduire|traduit)(?: {that}| le| la)?(?: en <lang>| vers l <lang>)?|(?:dis|redis|répète|écris|explique|réponds|donne)(?: le| la| moi)*(?: {that})? en <lang>|la même chose en <lang>|encore en <lang>|comment dit on (?:ça|cela) en <lang>",
        "shorten": "(?:raccourcis|abrège|condense|résume|résumez)(?: {that}| le| la| moi ça)?(?: {short})?|(?:un peu |beaucoup )?{short}|(?:fais|faites|rends)(?: le| la| {that})? (?:un peu )?(?:plus court|plus courte|plus bref)|(?:dis|répète|explique|redis)(?: le| la| moi)*(?: {that})? {short}|c est trop long|trop long|version courte|sois bref|sois plus bref",
        "repeat": "(?:répète|répétez|répéter|redis|redites)(?: {that}| le| la)?(?: encore)?|encore|encore une fois|pardon|comment|qu as tu dit|tu as dit quoi",
        "rephrase": "(?:reformule|simplifie|réécris)(?: {that}| le| la)?|(?:dis|explique|redis|écris)(?: le| la| moi)*(?: {that})? {plain}|{plain}|je (?:ne )?comprends pas(?: ça| cela| ta réponse)?|que veux tu dire(?: par là)?|qu est ce que (?:tu veux|vous voulez) dire(?: par là)?|(?:mets|fais|écris|présente|donne)(?: le| la| moi)*(?: {that})? (?:en|sous forme de|sous forme d|comme|dans) {shape}|(?:plus (?:simple|formel|poli|clair))",
        "why": "pourquoi|pourquoi (?:ça|cela|donc|pas)|pourquoi est ce (?:le cas|ainsi|comme ça)|comment ça se fait|pour quelle raison",
        "sure": "(?:es tu|êtes vous|tu es|t es|vous êtes) (?:vraiment |bien )?(?:sûr|sûre|certain|certaine)(?: de (?:ça|cela|toi))?|vraiment|sérieusement|c est (?:vraiment )?(?:vrai|sûr|correct|exact)|est ce (?:vraiment )?(?:vrai|correct|exact|sûr)|c est faux|ce n est pas (?:vrai|correct)|comment (?:le sais tu|tu le sais)|vérifie(?: ça)?",
        "source": "où est ce (?:que c est )?(?:écrit|dit|indiqué|mentionné)|c est écrit où|où as tu (?:trouvé|lu|vu) (?:ça|cela)|d où (?:vient|sors tu|tiens tu|sort) (?:ça|cela)|(?:la |les |ta |tes )?sources?|(?:à |sur )?quelle page(?: est ce)?|dans quel (?:document|fichier)(?: est ce)?|(?:cite|montre|donne)(?: moi)? (?:la|les) (?:source|sources|passage|citation)",
        "continue": "continue|continuez|vas y continue|poursuis|la suite|et la suite",
        "reply": "oui|ouais|oui (?:bien sûr|volontiers|vas y|allez y|merci|fais le|je veux bien|avec plaisir|exactement|ce serait (?:bien|super|parfait))|volontiers|vas y|allez y|fais le|je veux bien|avec plaisir|ce serait (?:bien|super|parfait|gentil)|exactement",
    },
    orders={"translate": "en <lang>|<lang>", "rephrase": "(?:en|sous forme de|sous forme d) {shape}"},
    whole={
        "summary": """
            (?:résume|résumez|résumer|décris|analyse|explique)(?: moi| nous)?(?: brièvement)? {art}(?: {art})* (?:{doc}|{docs})(?: {short}| en détail)?
            (?:fais|faites|donne|donnez|écris|je veux|il me faut)?(?: ?moi)? ?(?:un|une|le|la)? ?(?:bref |brève |court |petit )?(?:résumé|synthèse|aperçu|vue d ensemble|sommaire) {art}(?: {art})* (?:{doc}|{docs})
            de quoi (?:parle|parlent|traite|traitent|s agit il dans) {art}(?: {art})* (?:{doc}|{docs})|que (?:dit|disent|contient|contiennent) {art}(?: {art})* (?:{doc}|{docs})|qu y a t il dans {art}(?: {art})* (?:{doc}|{docs})|{art}(?: {art})* {doc} parle de quoi
            quels sont les (?:principaux|points clés|points principaux|points importants)(?: points| thèmes| sujets| résultats)? {art}(?: {art})* (?:{doc}|{docs})
        """,
        "compare": "(?:compare|comparez|comparer)(?: moi)? {art}(?: {art})* {docs}|(?:quelles? (?:sont|est) )?(?:les |la )?différences? entre {art}(?: {art})* {docs}",
    },
    named={
        "summary": "(?:résume|résumez|résumer)(?: moi| nous)?(?: brièvement)? <topic>|(?:fais|faites|donne|donnez|écris|je veux|il me faut)?(?: ?moi)? ?(?:un|une|le|la)? ?(?:bref |brève |court |petit )?(?:résumé|synthèse) (?:de la |de l |du |des |de )<topic>",
        "compare": "(?:compare|comparez|comparer)(?: moi)? <topic>|(?:quelles? (?:sont|est) )?(?:les |la )?différences? entre <topic>",
    },
    asked={
        "summary": "de quoi (?:parle|traite|s agit il dans) <topic>|que (?:dit|contient) <topic>|qu est ce que dit <topic>|quels sont les (?:points clés|points principaux|points importants|principaux points|principaux résultats) (?:de la |de l |du |des |de )<topic>|(?:analyse|décris|explique)(?: moi)? <topic>",
        "count": "combien (?:de|d) [a-z][a-z ]{1,60} sont (?:listée?s|mentionnée?s|citée?s|répertoriée?s) dans <topic>",
        "items": "(?:liste|cite|énumère|donne)(?: moi)? (?:tous les|toutes les) [a-z][a-z ]{1,60} (?:mentionnée?s |citée?s )?(?:dans|de|du) <topic>",
    },
    counted={
        "count": "combien (?:de|d) [a-z][a-z ]{1,60} sont (?:listée?s|mentionnée?s|citée?s|répertoriée?s|signalée?s)(?: au total| en tout)?",
        "items": "(?:liste|énumère)(?: moi)? (?:tous les|toutes les) [a-z][a-z ]{1,60}",
    },
)  # fmt: skip
