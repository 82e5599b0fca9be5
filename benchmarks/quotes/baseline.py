"""A plain way of quoting to compare with: half the share of words, half the likeness, and what is nearly as good."""

from collections.abc import Sequence

from app.common.passages import Passage
from app.services.answering.quoting.sentences import Sentence, split_sentences
from app.services.answering.quoting.wording import overlaps, worded
from app.services.embedding.types import Embedder

LOOKED_AT = 8
MOST = 4
LEAST_SCORE = 0.38
LEAST_LIKENESS = 0.6
MARGIN = 0.15


class Halves:
    """Quotes up to four sentences."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def quotes(self, question: str, passages: Sequence[Passage]) -> list[str]:
        """Return the quotes, best first; none when no sentence is good enough."""
        sentences = [
            s for passage in passages[:LOOKED_AT] for s in split_sentences(passage.chunk.text) if not s.is_table
        ]
        best = sorted(self._scored(question, sentences), reverse=True)
        if not best or max(best[0][0], best[0][1] - LEAST_LIKENESS + LEAST_SCORE) < LEAST_SCORE:
            return []
        return [text for score, _, text in best[:MOST] if score >= best[0][0] - MARGIN]

    def _scored(self, question: str, sentences: Sequence[Sentence]) -> list[tuple[float, float, str]]:
        shares = overlaps(question, [worded(s.text, s.heading, "", "english") for s in sentences], ("english",))
        pairs = sorted(zip(shares, sentences, strict=True), key=lambda pair: pair[0], reverse=True)[:LOOKED_AT]
        if not pairs:
            return []
        rows = self._embedder.embed_texts([f"{s.heading} {s.text}".strip() for _, s in pairs], urgent=True)
        likenesses = rows @ self._embedder.embed_question(question)
        return [
            ((share + float(likeness)) / 2, float(likeness), sentence.text)
            for (share, sentence), likeness in zip(pairs, likenesses, strict=True)
        ]
