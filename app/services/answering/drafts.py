"""An answer in the making: pieces come in, clean text goes out, and at last the whole answer."""

import time

from app.common.errors import UpstreamFailed
from app.common.passages import Passage
from app.services.answering.answerers import Piece
from app.services.answering.citations import CitedText
from app.services.answering.types import Answer, Prepared, Quote, Refusal
from app.services.llm.types import Completion


class Draft:
    """One answer, from its first piece to its last."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._begun = time.perf_counter()
        self._cited_text = CitedText(len(prepared.sources))
        self._completion: Completion | None = None
        self._claimed = False
        self._refused = False

    @property
    def text(self) -> str:
        """All that may be shown, so far."""
        return self._cited_text.text

    @property
    def cited(self) -> frozenset[int]:
        """The numbers that the text cites, so far."""
        return self._cited_text.cited

    def add(self, piece: Piece) -> str:
        """Take in a piece; returns what may be shown now."""
        if isinstance(piece, Completion):
            self._completion = piece
            return ""
        if isinstance(piece, Quote):
            return self._cited_text.quote(piece.text, piece.passage)
        if isinstance(piece, Refusal):
            self._refused = True
            return self._cited_text.say(piece.text)
        return self._cited_text.write(piece)

    def end(self) -> str:
        """Return what was held back."""
        return self._cited_text.end()

    def claim(self) -> bool:
        """Say whether the turn is yet to be stored; only the first to ask hears yes."""
        claimed, self._claimed = self._claimed, True
        return not claimed

    def answer(self, answered: float) -> Answer:
        """Return the whole answer; raises UpstreamFailed when nothing is left of it."""
        if self._completion is None or not self.text:
            raise UpstreamFailed("The language model gave no answer. Try again.", code="model_empty_answer")
        prepared = self.prepared
        return Answer(
            text=self.text,
            session_id=prepared.session_id,
            sources=prepared.sources,
            cited=self.cited,
            citations=self._cited_text.citations(prepared.sources),
            completion=self._completion,
            grounded=prepared.relevant and not self._refused,
            memory_used=prepared.question.remembered,
            search_query=prepared.search_query,
            retrieval_ms=prepared.retrieval_ms,
            generation_ms=elapsed_ms(self._begun, answered),
            total_ms=elapsed_ms(prepared.started, answered),
            intent=prepared.intent,
            computation=prepared.computation,
            coverage=prepared.coverage,
        )


def source(passage: Passage, number: int, *, cited: bool) -> dict[str, object]:
    """Return what is kept with an answer about a passage it was given: where it is from, not its text."""
    return {**passage.reference(), "citation": number, "cited": cited}


def elapsed_ms(start: float, end: float) -> float:
    """Return the milliseconds between two times of time.perf_counter()."""
    return round((end - start) * 1000, 1)
