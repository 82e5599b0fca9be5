"""Which language a text in Latin letters is in, by its function words; the same words say nothing in a question."""

from collections import defaultdict
from collections.abc import Iterable

UNKNOWN = "?"
_LEAST_SHARE = 0.04
_LEAST_LEAD = 1.15
_SAMPLE = 4000

_LISTS = {
    "english": (
        "the of and to in is are was were be been for on with that this it as by at from or not have has had "
        "do does did will would can could should may might must what which who whom whose when where why how "
        "i you we they he she my your our their its his her me us them an a if then than so but about into "
        "there here these those any some all no please s t "
    ),
    "german": (
        "der die das den dem des und oder ist sind war waren wird werden wurde wurden ein eine einen einem "
        "einer eines nicht auch mit von zu im in auf fur als bei nach uber wie was wer wo wann warum welche "
        "welcher welches es sie er ich wir sich hat haben hatte kann konnen am an aus dass zum zur um durch "
        "vor noch nur so man mein meine ihr ihre "
    ),
    "french": (
        "le la les l un une des du de d et ou est sont etait etaient a ont avait il elle ils elles je nous "
        "vous on ce cette ces qui que quoi quel quelle quels quelles comment pourquoi quand ou dans sur pour "
        "par avec sans au aux en ne pas plus se son sa ses leur leurs mon ma mes votre notre c s n y est qu "
    ),
    "spanish": (
        "el la los las un una unos unas de del y o es son era eran fue fueron ha han se que quien cual cuales "
        "como cuando donde por para con sin en a al no lo le les su sus mi tu nuestro mas pero este esta "
        "estos estas ese esa hay muy sobre entre cuanto cuantos cuanta cuantas "
    ),
    "italian": (
        "il lo la i gli le un uno una di del della dei delle dell da dal in nel nella e o ed che chi cosa "
        "come quando dove perche quale quali quanto quanti per con su sul non si sono era stato ha hanno al "
        "alla ai piu anche questo questa suo sua loro mio mia "
    ),
    "portuguese": (
        "o a os as um uma uns umas de do da dos das e ou em no na nos nas por para com sem que quem qual "
        "quais como quando onde se nao e foi foram era sao ao aos mais seu sua seus suas este esta isso pelo "
        "pela entre tambem muito quanto quantos "
    ),
    "dutch": (
        "de het een en of van in op te is zijn was waren wordt werd niet met voor aan bij door over uit naar "
        "als dat die dit wat wie waar wanneer waarom hoe welke ook er maar om tot ik je u we hij zij hun haar "
        "kan hebben heeft had moet mijn uw "
    ),
    "swedish": (
        "och att det som en ett den de i pa ar var av for med till om inte har hade kan ska vad vem var nar "
        "varfor hur vilken vilket vilka jag du vi han hon man sig sin sitt sina fran eller men vid efter "
        "under mellan min din "
    ),
    "danish": (
        "og at det som en et den de i pa er var af for med til om ikke har havde kan skal hvad hvem hvor "
        "hvornar hvorfor hvordan hvilken hvilket hvilke jeg du vi han hun man sig sin sit sine fra eller men "
        "ved efter under mellem min din blev "
    ),
    "norwegian": (
        "og at det som en et ei den de i pa er var av for med til om ikke har hadde kan skal hva hvem hvor "
        "nar hvorfor hvordan hvilken hvilket hvilke jeg du vi han hun man seg sin sitt sine fra eller men ved "
        "etter under mellom min din ble "
    ),
    "finnish": (
        "ja on ei se ovat oli olivat etta joka jotka mika mita kuka missa milloin miksi miten kuinka tai kun "
        "jos han ne sen hanen niiden myos kuin mutta oli ollut voi voidaan tama taman nama minun sinun meidan "
        "ennen jalkeen "
    ),
    "turkish": (
        "ve bir bu da de ile icin olarak olan en cok daha gibi ne kim nerede zaman neden nasil hangi kac "
        "kadar sonra once ise mi mu degil var yok ya veya ancak o onun ben sen biz siz kendi her oldu "
        "olmustur olup tarafindan "
    ),
    "romanian": (
        "si de la in a al ale cu pe pentru din este sunt era erau fost au un o unui unei care ce cine cum "
        "cand unde nu se sa mai prin dupa sau dar cele cei acest aceasta lui lor sau sale meu mea cat cati "
        "cate fi fiind "
    ),
    "hungarian": (
        "a az es egy hogy nem is van volt vannak voltak mi ki hol mikor miert hogyan melyik milyen mennyi meg "
        "de ha vagy mint csak el ezt azt ez ezek azok altal utan elott kozott alatt minden lehet kell sok "
        "tobb "
    ),
    "polish": (
        "i w z na do nie sie jest sa byl byla bylo byly to ze jak co kto gdzie kiedy dlaczego ktory ktora "
        "ktore ile od po przez dla o oraz lub albo ale za jego jej ich przed pod nad przy tym ten ta te moze "
        "zostal czy "
    ),
    "czech": (
        "a v z na do se je jsou byl byla bylo byly to ze jak co kdo kde kdy proc ktery ktera ktere kolik od "
        "po pro o nebo ale za jeho jeji jejich pred pod nad pri tento tato toto muze i k s u ve podle jako "
    ),
    "catalan": (
        "el la els les un una de del dels i o es son era que qui com quan on per amb sense en a al als no se "
        "seu seva mes aquest aquesta pero entre sobre quin quina quins quantes quants va van ha han hi ho "
    ),
    "indonesian": (
        "yang dan di ke dari untuk dengan pada adalah ini itu tidak atau oleh sebagai dalam akan telah sudah "
        "apa siapa mana kapan mengapa bagaimana berapa ada juga karena saya anda kami kita mereka dia bisa "
        "dapat lebih antara "
    ),
    "vietnamese": (
        "va cua la co cac duoc cho khong nguoi nhung trong voi mot nay do tu den theo ve khi nao gi ai dau "
        "sao bao nhieu the da se cung nhu tai o ra boi hay hoac vi nam "
    ),
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _LISTS.items()}
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in FUNCTION_WORDS.items():
    for _word in _words:
        _LANGUAGES_OF.setdefault(_word, []).append(_language)


def detect(words: Iterable[str]) -> str:
    """Return the language of folded words in Latin letters, or UNKNOWN when their function words do not tell."""
    counts: dict[str, float] = defaultdict(float)
    total = 0
    for word in words:
        total += 1
        found = _LANGUAGES_OF.get(word, ())
        for language in found:
            counts[language] += 1.0 / len(found) ** 0.5  # what many share says little
        if total >= _SAMPLE:
            break
    if not total or not counts:
        return UNKNOWN
    (best, most), *others = sorted(counts.items(), key=lambda item: -item[1])
    if most < _LEAST_SHARE * total or (others and most < _LEAST_LEAD * others[0][1]):
        return UNKNOWN
    return best
