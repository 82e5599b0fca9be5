"""Every kind of turn gets its kind of answer, and costs as many calls of the model as the documentation says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.conversing.front_ends import OPEN_WEBUI
from tests.services.conversing.talking import ANSWERED, Talking, talking
from tests.services.conversing.turns import TURNS, Said

CALLS = {"smalltalk": 0, "inventory": 0, "conversation": 1, "document": 1, "search": 1, "task": 1}
DOCUMENTED = Path(__file__).parents[3] / "docs" / "how-it-works.md"
REWRITTEN = ("reply", "continue")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Talking]:
    with talking(tmp_path_factory.mktemp("turns"), new_stores) as talk:
        yield talk


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Talking]:
    with talking(tmp_path_factory.mktemp("quoting"), new_stores, with_model=False) as talk:
        yield talk


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_turn_gets_its_kind_of_answer(table: Talking, turn: Said) -> None:
    body = table.after(turn.before, turn.message)
    assert body["intent"] == turn.intent
    assert "could not find" not in body["response"]
    calls = len(table.model.asked)
    if turn.intent == "search" and turn.before:
        assert calls in (1, 2), "a follow-up is rewritten first"
    elif turn.kind in REWRITTEN:
        assert calls == 2
    else:
        assert calls == (0 if turn.kind == "repeat" else CALLS[turn.intent])
    _CHECKS[turn.intent](table, turn, body)


def _check_search(table: Talking, turn: Said, body: dict[str, object]) -> None:
    assert table.model.prompt.startswith("You answer questions about a user's documents.")
    assert f"<question>\n{turn.message}\n</question>" in table.model.prompt
    assert body["response"] == "MODEL SAYS: 27 days [1]."


def _check_smalltalk(_table: Talking, _turn: Said, body: dict[str, object]) -> None:
    assert body["sources"] == []
    assert body["grounded"] is False


def _check_inventory(_table: Talking, turn: Said, body: dict[str, object]) -> None:
    sources = body["sources"]
    assert isinstance(sources, list)
    named = {source["source"] for source in sources}
    if turn.kind in ("list", "count"):
        assert named == {"handbook.txt", "contract.md"}
    assert all(name in str(body["response"]) for name in named)
    assert all(source["cited"] for source in sources)


def _check_conversation(table: Talking, turn: Said, body: dict[str, object]) -> None:
    sources = body["sources"]
    assert isinstance(sources, list)
    assert "handbook.txt" in {source["source"] for source in sources}, "the earlier answer's passages stay"
    if turn.kind == "repeat":
        assert body["response"] == ANSWERED
        return
    assert ANSWERED in table.model.prompt, "with its number"
    assert "zq7731" in table.model.prompt
    assert "[1]" in str(body["response"])


def _check_document(table: Talking, turn: Said, _body: dict[str, object]) -> None:
    prompt, message = table.model.prompt, turn.message.casefold()
    if turn.kind == "compare":
        assert "zq7731" in prompt
        assert "zq9942" in prompt
    elif "handbook" in message:
        assert "zq9942" not in prompt
    elif "contract" in message:
        assert "zq7731" not in prompt


_CHECKS = {
    "search": _check_search,
    "smalltalk": _check_smalltalk,
    "inventory": _check_inventory,
    "conversation": _check_conversation,
    "document": _check_document,
}


@pytest.mark.parametrize("turn", [turn for turn in TURNS if turn.intent in ("smalltalk", "inventory")], ids=str)
def test_what_needs_no_model_is_the_same_without_one(quoting: Talking, turn: Said) -> None:
    body = quoting.after("", turn.message) if not turn.before else _after_a_question(quoting, turn)
    assert body["intent"] == turn.intent
    assert "could not find" not in str(body["response"])


def _after_a_question(quoting: Talking, turn: Said) -> dict[str, object]:
    session = "after-" + str(abs(hash(turn.message)))
    quoting.say("How many days of paid leave do employees get?", session_id=session)
    return quoting.say(turn.message, session_id=session)


def test_the_documentation_says_how_many_calls_each_kind_costs() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (none|\d)[^|]*\|$", DOCUMENTED.read_text(), re.MULTILINE)
    assert {intent: int(calls.replace("none", "0")) for intent, calls in rows} == CALLS


def test_a_task_and_a_repetition_cost_what_is_documented(table: Talking) -> None:
    body = table.after("answered", OPEN_WEBUI["title"])
    assert (body["intent"], len(table.model.asked)) == ("task", CALLS["task"])
    table.after("answered", "repeat that")
    assert len(table.model.asked) == 0
