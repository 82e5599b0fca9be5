"""Which documents a message names."""

import re
from collections.abc import Iterable, Sequence

from app.common.passages import title_of
from app.services.catalog.records import DocumentRecord
from app.services.intents.folding import fold

MOST_NAMED = 4
"""A wording that fits more documents than this names none of them."""
MIN_WORD = 3
"""Letters of a word that can name a document alone."""

_AND = re.compile(
    r"\s*(?:,|;|&|\+|/|\b(?:and|with|to|versus|vs|or|from|und|mit|von|oder|et|avec|ou|y|e|con|o)\b|[与與和跟及])\s*",
    re.IGNORECASE,
)
_GENITIVE = re.compile(r"(?<=\w\w) s\b")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_LITTLE = frozenset(
    fold(
        """
        a an the this that my our your these those of in from about for to whole entire full both two all file document
        text pdf der die das den dem des ein eine mein meine unser ihr datei dokument im in vom zum aus von beide beiden
        le la les l un une mon ma mes ce cette du de des d document fichier dans el los las lo una mi mis este esta
        documento archivo del en il lo gli i uno mio mia questo questa documento file di dal nel
        """
    ).split()
)

_POINTING = frozenset(
    fold(
        """
        them both these those they the two of each all it this that other another one
        sie beide beiden die diese jene alle das es dies le les deux ceux ci elles ils ca cela tous
        los las dos ambos ambas ellos estos esos eso esto todos li le due entrambi questi quelli quello questo tutti
        """
    ).split()
) | frozenset(("它们", "它們", "两者", "兩者", "两个", "兩個", "这两个", "這兩個", "这两份", "它"))
_SAME = tuple(
    frozenset(map(fold, words.split()))
    for words in """
        handbook handbuch manual manuel manuale guide guida guia leitfaden anleitung 手册 手冊 指南 ハンドブック
        contract vertrag contrat contrato contratto agreement vereinbarung accord acuerdo accordo 合同 合約 契約書
        report bericht rapport informe reporte rapporto relazione 报告 報告 報告書
        warranty guarantee garantie garantia garanzia 保修 保証
        invoice rechnung facture factura fattura 发票 發票 請求書
        letter brief lettre carta lettera 信 手紙
        policy richtlinie politique politica 政策 方針
        minutes protokoll acta verbale 纪要 議事録
        article artikel articulo articolo 文章 記事
        book buch livre libro 书 書 本
        study studie etude estudio studio 研究
        """.strip().splitlines()
)
"""What a kind of document is called in other languages: "das Handbuch" may be handbook.txt."""


def named_documents(topic: str, documents: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """Return the documents that a topic names, in the order of the naming; none if it names none, or too many.

    A document is named by its file name, with or without its ending, or by words that are all in its title.
    """
    titles = [(record, _Title(record.filename)) for record in documents]
    found = _matches(topic, titles)
    if len(found) > 1:
        return found if len(found) <= MOST_NAMED else []
    each = [_matches(part, titles) for part in _AND.split(topic) if part]
    several = list({record.document_id: record for part in each for record in part}.values())
    together = all(each) and 1 < len(several) <= MOST_NAMED
    return several if together else found


def named_in(text: str, documents: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """Return the documents whose file names stand in a text: with their endings, or names of several words."""
    folded = f" {_fold_name(text)} "
    return [record for record in documents if any(f" {name} " in folded for name in _whole_names(record.filename))]


def points_back(topic: str) -> bool:
    """Say whether a topic is nothing but words such as "them": what they mean was said before."""
    words = fold(topic).split()
    return bool(words) and _POINTING.issuperset(words)


def _whole_names(filename: str) -> list[str]:
    title = _fold_name(title_of(filename))
    return [_fold_name(filename), *([title] if " " in title else [])]


def _fold_name(text: str) -> str:
    """Fold a text in which names may stand: "the owner's manual" is owners-manual.pdf."""
    return _GENITIVE.sub("s", fold(text))


def _matches(topic: str, titles: Iterable[tuple[DocumentRecord, "_Title"]]) -> list[DocumentRecord]:
    """Return the documents whose names stand in the topic whole, or else those whose titles hold all its words."""
    folded = _fold_name(topic)
    titles = list(titles)
    whole = [record for record, title in titles if title.stands_in(folded)]
    if whole:
        return sorted(whole, key=lambda record: folded.find(_fold_name(title_of(record.filename))))
    words = [word for word in folded.split() if word not in _LITTLE]
    if not any(len(word) >= MIN_WORD or _UNSPACED.search(word) for word in words):
        return []
    return [record for record, title in titles if title.holds(words)]


class _Title:
    """A file name, ready to be compared."""

    def __init__(self, filename: str) -> None:
        self._names = [name for name in (_fold_name(filename), _fold_name(title_of(filename))) if name]
        self._words = frozenset(self._names[-1].split()) if self._names else frozenset()

    def stands_in(self, folded: str) -> bool:
        """Say whether the whole name stands in a folded topic."""
        if any(_UNSPACED.search(name) and name in folded for name in self._names):
            return True
        return any(f" {name} " in f" {folded} " for name in self._names if len(name) >= MIN_WORD)

    def holds(self, words: Sequence[str]) -> bool:
        """Say whether the title has all of these words."""
        return all(self._has(word) for word in words)

    def _has(self, word: str) -> bool:
        if not self._words.isdisjoint(_alike(word)):
            return True
        return bool(_UNSPACED.search(word)) and any(word in name for name in self._names)


def _alike(word: str) -> frozenset[str]:
    return next((words for words in _SAME if word in words), frozenset((word,)))
