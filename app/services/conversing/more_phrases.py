"""The phrases of further languages, and the way to the right ones."""

from collections.abc import Mapping

from app.services.conversing.phrases import ENGLISH, FRENCH, GERMAN, SPANISH, Phrases
from app.services.intents.types import Language

ITALIAN = Phrases(
    smalltalk={
        "greeting": "Ciao! Mi chieda qualcosa sui suoi documenti.",
        "thanks": "Prego.",
        "goodbye": "Arrivederci!",
        "praise": "Bene. Continui pure a chiedere.",
        "wellbeing": "Sto bene. Che cosa vuole sapere dai suoi documenti?",
        "identity": "Sono un assistente che risponde a partire dai suoi documenti e cita le fonti.",
        "abilities": "Rispondo a domande a partire dai suoi documenti e cito i passaggi. Può anche chiedere quali "
        "documenti ci sono o di che cosa parla uno di essi, e tornare su una risposta: più breve, in un'altra lingua "
        "o perché.",
        "refusal": "D'accordo.",
    },
    one_document="C'è un documento:",
    documents="Ci sono {count} documenti:",
    newest_of="Ci sono {count} documenti. I {shown} più recenti:",
    newest="Questo è il documento più recente:",
    line="{name} ({kind}, {pages} pagine, {date})",
    line_one="{name} ({kind}, 1 pagina, {date})",
    about="Questi documenti sono i più vicini a «{topic}»:",
    about_none="Non ho trovato nulla su «{topic}» nei suoi documenti.",
    no_documents="Non ci sono ancora documenti. Ne carichi qualcuno, poi potrà fare domande.",
    asked="Lei ha chiesto:",
    asked_first="La sua prima domanda era: «{question}»",
    asked_last="La sua ultima domanda era: «{question}»",
    asked_nothing="Non ha ancora chiesto nulla.",
    sources="La mia ultima risposta si basa su:",
    no_sources="La mia ultima risposta non cita alcun documento.",
    no_model="Per questo serve un modello linguistico, e questo servizio ne è privo. La mia ultima risposta era:",
    not_found="Non ho trovato una risposta a «{topic}» nei suoi documenti.",
    closest="Ciò che si avvicina di più: {names}.",
    outline="{name} ({kind}, {pages} pagine), nelle sue frasi più centrali:",
    outline_one="{name} ({kind}, 1 pagina), nelle sue frasi più centrali:",
    headings="Sezioni: {names}",
)

CHINESE = Phrases(
    smalltalk={
        "greeting": "您好！请问您想了解文档中的什么内容？",
        "thanks": "不客气。",
        "goodbye": "再见！",
        "praise": "好的，您可以继续提问。",
        "wellbeing": "我很好。您想从文档中了解什么？",
        "identity": "我是一个助手，根据您的文档回答问题并注明出处。",
        "abilities": "我根据您的文档回答问题并引用原文。您也可以问有哪些文档、某份文档讲了什么，还可以就回答继续追问：更简短、换一种语言，或者为什么。",
        "refusal": "好的。",
    },
    one_document="有一份文档：",
    documents="共有 {count} 份文档：",
    newest_of="共有 {count} 份文档。最新的 {shown} 份：",
    newest="这是最新的文档：",
    line="{name}（{kind}，{pages} 页，{date}）",
    line_one="{name}（{kind}，1 页，{date}）",
    about="与“{topic}”最相关的文档：",
    about_none="在您的文档中没有找到关于“{topic}”的内容。",
    no_documents="目前还没有文档。请先上传文档，然后就可以提问了。",
    asked="您问过：",
    asked_first="您的第一个问题是：“{question}”",
    asked_last="您的上一个问题是：“{question}”",
    asked_nothing="您之前没有提过问题。",
    sources="我上一个回答的依据：",
    no_sources="我上一个回答没有引用文档。",
    no_model="这需要语言模型，而本服务没有使用语言模型。我上一个回答是：",
    not_found="在您的文档中没有找到“{topic}”的答案。",
    closest="最接近的文档：{names}。",
    outline="{name}（{kind}，{pages} 页）中最核心的句子：",
    outline_one="{name}（{kind}，1 页）中最核心的句子：",
    headings="章节：{names}",
)

JAPANESE = Phrases(
    smalltalk={
        "greeting": "こんにちは。文書についてご質問ください。",
        "thanks": "どういたしまして。",
        "goodbye": "さようなら。",
        "praise": "はい。続けてご質問ください。",
        "wellbeing": "元気です。文書について何をお知りになりたいですか。",
        "identity": "文書をもとに質問に答え、出典を示すアシスタントです。",
        "abilities": "文書をもとに質問に答え、該当箇所を引用します。どんな文書があるか、文書に何が書いてあるかも聞けます。回答を短くしたり、別の言語にしたり、理由を尋ねたりもできます。",
        "refusal": "わかりました。",
    },
    one_document="文書が1件あります：",
    documents="文書が{count}件あります：",
    newest_of="文書が{count}件あります。新しい順に{shown}件：",
    newest="最新の文書です：",
    line="{name}（{kind}、{pages}ページ、{date}）",
    line_one="{name}（{kind}、1ページ、{date}）",
    about="「{topic}」に最も近い文書：",
    about_none="「{topic}」に関する内容は文書にありませんでした。",
    no_documents="まだ文書がありません。文書をアップロードしてから、ご質問ください。",
    asked="これまでのご質問：",
    asked_first="最初のご質問：「{question}」",
    asked_last="前のご質問：「{question}」",
    asked_nothing="まだご質問はありません。",
    sources="前の回答の根拠：",
    no_sources="前の回答は文書を引用していません。",
    no_model="それには言語モデルが必要ですが、このサービスは使っていません。前の回答：",
    not_found="「{topic}」への答えは文書に見つかりませんでした。",
    closest="最も近い文書：{names}。",
    outline="{name}（{kind}、{pages}ページ）の中心となる文：",
    outline_one="{name}（{kind}、1ページ）の中心となる文：",
    headings="章：{names}",
)

_OF_LANGUAGE: Mapping[Language, Phrases] = {
    "en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN, "zh": CHINESE, "ja": JAPANESE,
}  # fmt: skip


def phrases_of(language: Language) -> Phrases:
    """Return what is said in a language."""
    return _OF_LANGUAGE[language]
