"""The questions on quoting: enough of them, and each has an answer that stands in its document."""

import json
from pathlib import Path

from benchmarks.quotes.__main__ import judge

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks" / "quotes"


def _items() -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_there_are_enough_questions_each_asked_once() -> None:
    items = _items()
    assert sum("answer" in item for item in items) >= 80
    assert len({item["question"] for item in items}) == len({item["id"] for item in items}) == len(items)


def test_each_answer_over_the_own_documents_stands_in_its_document() -> None:
    named = {
        path.name.removesuffix(".csv") if ".xlsx" in path.name else path.name: path
        for path in (FOLDER / "documents").iterdir()
    }
    for item in _items():
        if item["client"] == "documents" and "answer" in item:
            assert judge(item, [named[item["document"]].read_text(encoding="utf-8")]) == "right", item["id"]


def test_a_wrong_sentence_beside_the_right_one_is_told() -> None:
    item = {"answer": "fork ... 5 years"}
    assert judge(item, ["Part: Fork; Cover: 5 years"]) == "right"
    assert judge(item, ["Part: Fork; Cover: 5 years", "Part: Frame; Cover: 10 years"]) == "right, more beside it"
    assert (judge(item, ["Part: Frame"]), judge(item, [])) == ("wrong", "refused")
