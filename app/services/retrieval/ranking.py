"""Ordering candidates: nearness of meaning and words in common, together.

Embeddings of a small model blur names, numbers and codes; the question's own words bring them back. Words are scored
with BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) among the candidates alone, so no index
of words has to be kept for each client.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from app.common.passages import Passage

WORD_WEIGHT = 0.2
"""What the best match of words is worth, in units of cosine similarity; measured by `benchmarks/retrieval.py`."""

_SATURATION = 1.2
_LENGTH = 0.75
# Chinese, Japanese and Korean are written without spaces: there each letter counts as a word.
_LETTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_LETTER = re.compile(f"[{_LETTERS}]")
_WORD = re.compile(r"\w+")
_WORD_OR_LETTER = re.compile(rf"[{_LETTERS}]|[^\W{_LETTERS}]+")


def rank(question: str, candidates: Sequence[Passage]) -> list[Passage]:
    """Return the candidates, best first; their scores stay cosine similarities."""
    # Letters that the question does not have need not be told apart in the passages, and that is twice as fast.
    word = _WORD_OR_LETTER if _LETTER.search(question) else _WORD
    texts = [word.findall(f"{p.chunk.section} {p.chunk.text}".lower()) for p in candidates]
    matches = _bm25(word.findall(question.lower()), texts)
    best = max(matches, default=0.0) or 1.0
    value = [passage.score + WORD_WEIGHT * match / best for passage, match in zip(candidates, matches, strict=True)]
    return [candidates[place] for place in sorted(range(len(candidates)), key=lambda place: -value[place])]


def _bm25(question: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """Return the BM25 score of each text for the question's words."""
    wanted = set(question)
    counts = [Counter(filter(wanted.__contains__, text)) for text in texts]
    spread = Counter(word for count in counts for word in count)
    mean_length = sum(len(text) for text in texts) / len(texts) if texts else 1.0
    rarity = {word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for word, n in spread.items()}

    def score(count: Counter[str], length: int) -> float:
        damping = _SATURATION * (1 - _LENGTH + _LENGTH * length / (mean_length or 1.0))
        return sum(rarity[word] * n * (_SATURATION + 1) / (n + damping) for word, n in count.items())

    return [score(count, len(text)) for count, text in zip(counts, texts, strict=True)]
