"""Whether passages have to do with a question: the service then says no without asking the model."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.common.passages import Chunk, Passage
from app.services.answering.grounding import Gate
from app.services.embedding.description import DEFAULT_SCALE, scale_of
from app.services.embedding.source import MULTILINGUAL_MODEL
from tests.api import AppFactory, ask, upload
from tests.standin import StandIn

UNRELATED = "Who won the chess championship?"
REFUSED = f"I could not find an answer to “{UNRELATED}” in your documents."
RELATED = "How much does the harbour crane lift?"
LEAST = 0.3


def _passage(text: str, score: float, *, section: str = "", source: str = "a.txt") -> Passage:
    return Passage(Chunk("doc", 0, text, 1, section, source, 0, len(text)), score)


def _relevant(question: str, *passages: Passage) -> bool:
    return Gate(least=LEAST).passes(question, passages)


def test_nearness_alone_is_enough() -> None:
    assert _relevant(UNRELATED, _passage("Cranes lift cargo.", 0.31))
    assert not _relevant(UNRELATED, _passage("Cranes lift cargo.", 0.29))


def test_words_in_common_make_up_for_nearness() -> None:
    assert _relevant("What does E15 mean?", _passage("E15 is a loose plug.", 0.1))
    assert _relevant("Who drives cranes?", _passage("The crane driver", 0.0))
    assert not _relevant("Who drives cranes in Mongolia at night?", _passage("The crane", 0.0))


def test_what_it_takes_belongs_to_the_embedding_model() -> None:
    narrow = Gate.of(scale_of(MULTILINGUAL_MODEL), None)
    far, near = _passage("Cranes lift cargo.", 0.78), _passage("Cranes lift cargo.", 0.82)
    assert not narrow.passes(UNRELATED, [far]), "its cosines are all high"
    assert narrow.passes(UNRELATED, [near])
    assert narrow.passes("Which cargo?", [far])
    assert not Gate.of(scale_of(MULTILINGUAL_MODEL), 0.5).passes(UNRELATED, [near]), "the operator's comes first"
    assert Gate.of(DEFAULT_SCALE, None).least == LEAST


def test_a_word_within_another_word_does_not_count() -> None:
    assert not _relevant("art?", _passage("Start the cart.", 0.0))
    assert _relevant("起重机能吊多少?", _passage("港口起重机能吊四十吨。", 0.1))


def test_words_of_file_name_and_section_count() -> None:
    assert _relevant("warranty", _passage("Five years.", 0.0, section="Warranty"))
    assert _relevant("warranty", _passage("Five years.", 0.0, source="warranty-terms.pdf"))


def test_the_best_of_the_passages_decides() -> None:
    assert _relevant(UNRELATED, _passage("Bread.", 0.0), _passage("Games.", 0.4))


def test_a_question_about_the_documents_themselves_is_always_relevant() -> None:
    assert _relevant("Summarise it, please", _passage("Cranes lift cargo.", 0.0))
    assert _relevant("What is in my documents?", _passage("Cranes lift cargo.", -0.1))


@pytest.mark.parametrize("question", ["?", "the", "...", "\x00"])
def test_a_question_without_words_counts_by_nearness(question: str) -> None:
    assert not _relevant(question, _passage("Cranes lift cargo.", 0.0))
    assert _relevant(question, _passage("Cranes lift cargo.", 0.4))


def test_no_passages_are_not_relevant() -> None:
    assert not _relevant(RELATED)
    assert not _relevant("What is in my documents?")


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(answer="It lifts forty tonnes [1].") as standin:
        yield standin


def _serve(make_client: AppFactory, standin: StandIn, **settings: object) -> TestClient:
    api = make_client(groq_api_key="gsk-of-the-test", groq_api_base=standin.base_url, min_relevance=0.8, **settings)
    upload(api, client_id="harbour")
    return api


def test_nothing_relevant_is_said_without_asking_the_model(make_client: AppFactory, standin: StandIn) -> None:
    api = _serve(make_client, standin)
    body = ask(api, UNRELATED, "harbour", session_id="talk").json()
    assert standin.requests == []
    assert body["response"] == REFUSED
    assert body["grounded"] is False
    assert body["sources"] == body["citations"] == []
    assert body["usage"] is None
    assert api.get("/api/v1/sessions/talk/info").json()["message_count"] == 2
    assert ask(api, RELATED, "harbour").json()["grounded"] is True
    assert len(standin.requests) == 1


def test_the_model_may_be_left_to_decide(make_client: AppFactory, standin: StandIn) -> None:
    api = _serve(make_client, standin, no_answer="model")
    body = ask(api, UNRELATED, "harbour").json()
    assert len(standin.requests) == 1
    assert body["response"] == standin.answer
    assert body["grounded"] is True


def test_quoting_decides_by_its_sentences(api: TestClient) -> None:
    upload(api, client_id="harbour")
    unrelated = ask(api, UNRELATED, "harbour").json()
    assert (unrelated["response"], unrelated["grounded"]) == (REFUSED, False)
    assert [source["cited"] for source in unrelated["sources"]] == [False]
    related = ask(api, RELATED, "harbour").json()
    assert related["grounded"] is True
    assert [source["cited"] for source in related["sources"]] == [True]
