"""What is said when the documents do not hold an answer."""

from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from langchain_core.messages import AIMessage, HumanMessage

from app.common.ids import ClientId
from app.common.passages import Chunk, Passage, Shares
from app.services.answering.types import AnswerOptions, ChatQuestion
from app.services.conversing.refusing import refusal
from app.services.conversing.types import Turn
from tests.api import ask, upload


def _turn(text: str, *before: str) -> Turn:
    question = ChatQuestion(client_id=ClientId("harbour"), text=text, options=AnswerOptions())
    return Turn(question, "talk", [HumanMessage(asked) for asked in before])


def _passages(*found: tuple[str, float]) -> Sequence[Passage]:
    return [Passage(Chunk(name, 0, "x", 1, "", name, 0, 1), 0.1, Shares(value)) for name, value in found]


def test_the_nearest_documents_are_named_each_once() -> None:
    found = _passages(("a.pdf", 0.5), ("b.pdf", 0.4), ("a.pdf", 0.3), ("c.pdf", 0.25), ("d.pdf", 0.22), ("e.pdf", 0.1))
    assert refusal(_turn("Who won?"), "Who won?", found) == (
        "I could not find an answer to “Who won?” in your documents. What comes closest: a.pdf, b.pdf, c.pdf."
    )


@pytest.mark.parametrize("found", [[], [("a.pdf", 0.19)]])
def test_what_is_far_away_is_not_named(found: list[tuple[str, float]]) -> None:
    assert refusal(_turn("Who won?"), "Who won?", _passages(*found)).endswith("in your documents.")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "Wie hoch ist die Miete für das Boot?",
            "Auf „Wie hoch ist die Miete für das Boot?“ habe ich in Ihren Dokumenten",
        ),
        ("Quelle est la durée de la garantie ?", "Je n'ai pas trouvé de réponse à « Quelle"),
        ("¿Cuánto cuesta el seguro de la bicicleta?", "No he encontrado respuesta a «¿Cuánto"),
        ("Quanto costa la manutenzione della bicicletta?", "Non ho trovato una risposta a «Quanto"),
        ("谁赢得了比赛？", "在您的文档中没有找到“谁赢得了比赛？”的答案。"),
        ("誰が試合に勝ちましたか", "「誰が試合に勝ちましたか」への答えは"),
        ("Hvor mange dager ferie har de ansatte?", "I could not find an answer to “Hvor"),
        ("BX-7250?", "I could not find an answer to “BX-7250?”"),
    ],
)
def test_it_is_said_in_the_language_of_the_question(question: str, said: str) -> None:
    assert refusal(_turn(question), question, ()).startswith(said)


def test_a_question_that_does_not_tell_is_in_the_language_of_those_before() -> None:
    assert refusal(_turn("BX-7250?", "Wie schwer ist der Motor von der Maschine?"), "BX-7250?", ()).startswith(
        "Auf „BX"
    )
    history = [AIMessage("Das ist die Antwort auf die Frage.")]
    assert refusal(Turn(_turn("BX?").question, "talk", history), "BX?", ()).startswith("I could")


def test_what_was_looked_for_is_the_rewritten_question_but_never_the_questions_joined() -> None:
    turn = _turn("And in winter?", "How far does it go?")
    assert "“How far does it go in winter?”" in refusal(turn, "How far does it go in winter?", ())
    assert "“And in winter?”" in refusal(turn, "How far does it go? And in winter?", ())


def test_long_questions_and_names_are_cut_and_braces_stay() -> None:
    said = refusal(_turn("{x}\n" + "word " * 100), "{x}\n" + "word " * 100, _passages(("{0}" + "n" * 300, 0.5)))
    assert "“{x} word word" in said
    assert "…”" in said
    assert said.endswith("n….")
    assert len(said) < 400


def test_brackets_in_question_and_name_cite_nothing(api: TestClient) -> None:
    upload(api, ("crane [1].txt", b"The harbour crane lifts forty tonnes, or in summer 37."), client_id="harbour")
    question = "How much does the E4711 harbour crane lift [1]?"
    body = ask(api, question, "harbour").json()
    assert body["response"].startswith(f"I could not find an answer to “{question}” in your documents.")
    assert body["response"].endswith("crane [1].txt.")
    assert (body["grounded"], body["citations"]) == (False, [])
    streamed = api.post("/api/v1/chat/stream", json={"message": question, "client_id": "harbour"}).text
    assert body["response"] in streamed
    asked = {"model": "harbour", "messages": [{"role": "user", "content": question}]}
    assert api.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"] == body["response"]
