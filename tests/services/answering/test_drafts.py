"""An answer in the making."""

import pytest

from app.common.errors import UpstreamFailed
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.services.answering.drafts import Draft
from app.services.answering.types import AnswerOptions, ChatQuestion, Prepared, Quote
from app.services.llm.types import Completion

PASSAGES = [Passage(Chunk("doc", n, f"text {n}", 1, "", "a.txt", 0, 6), 0.5) for n in range(2)]
WHOLE = Completion("raw", "model", None)


@pytest.fixture
def draft() -> Draft:
    question = ChatQuestion(client_id=ClientId("harbour"), text="What?", options=AnswerOptions(top_k=4))
    return Draft(
        Prepared(
            question=question,
            session_id="talk",
            search_query="What?",
            history=(),
            sources=PASSAGES,
            relevant=True,
            started=0.0,
            retrieval_ms=1.0,
        )
    )


def test_pieces_become_the_answer(draft: Draft) -> None:
    shown = draft.add("So [2") + draft.add("], not [3].") + draft.add(WHOLE) + draft.end()
    answer = draft.answer(1.0)
    assert answer.text == shown == "So [2], not."
    assert answer.cited == {2}
    assert [citation.passage for citation in answer.citations] == [PASSAGES[1]]
    assert answer.completion is WHOLE
    assert answer.grounded


def test_quotes_become_lines(draft: Draft) -> None:
    shown = [draft.add(Quote("text 1", 2, 0.9)), draft.add(Quote("text 0", 1, 0.5))]
    assert shown == ["text 1 [2]", "\ntext 0 [1]"]


@pytest.mark.parametrize("pieces", [["[7]", WHOLE], [" ", WHOLE], ["No end to it."]])
def test_an_answer_of_nothing_or_without_end_is_none(draft: Draft, pieces: list[str | Completion]) -> None:
    for piece in pieces:
        draft.add(piece)
    draft.end()
    with pytest.raises(UpstreamFailed):
        draft.answer(1.0)


def test_a_turn_is_stored_by_the_first_who_claims_it(draft: Draft) -> None:
    assert [draft.claim(), draft.claim(), draft.claim()] == [True, False, False]
