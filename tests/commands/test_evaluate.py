"""`eval`: figures that can be checked by hand, from a running service."""

import json
from pathlib import Path

import pytest

from app.commands.evaluate import Outcome, Question, read_options, read_questions, summarise
from app.common.errors import StartupError
from tests.commands.conftest import Run

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "benchmarks" / "samples.jsonl"

QUESTIONS = [
    {"question": "How many tonnes does the crane lift?", "document": "crane.txt", "quote": "forty TONNES."},
    {"question": "When is high water?", "document": "tides.md", "page": 1},
    {"question": "When is high water?", "document": "crane.txt", "quote": "not in there"},
    {"question": "zebra"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(question) for question in QUESTIONS) + "\n\n")
    return path


@pytest.fixture
def documents(tmp_path: Path, run: Run) -> str:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "crane.txt").write_text("The harbour crane lifts forty tonnes.")
    (folder / "tides.md").write_text("# Tides\n\nHigh water is at noon.")
    assert run("ingest", str(folder), "--client", "port").exit_code == 0
    return "port"


def test_hits_refusals_and_what_was_missed_are_printed(run: Run, file: Path, documents: str) -> None:
    result = run("eval", str(file), "--client", documents, "--answers")
    assert result.exit_code == 0, result.output
    rows = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in result.output.splitlines() if "│" in line
    }
    assert rows["hit@10 %"] == "66.7"
    assert rows["unanswerable, answered %"] == "0.0"
    assert rows["answerable, refused %"] != "-"
    assert float(rows["seconds, median"]) > 0
    assert "default: not found among 10:\n  When is high water?" in result.output


def test_two_settings_stand_side_by_side(run: Run, file: Path, documents: str) -> None:
    result = run("eval", str(file), "--client", documents, "--set", "top_k=1")
    assert result.exit_code == 0, result.output
    assert "top_k=1" in result.output
    (hits,) = [line for line in result.output.splitlines() if "hit@10" in line]
    assert len(hits.split("│")) == 5


def test_without_answers_nothing_is_said_of_refusals(run: Run, file: Path, documents: str) -> None:
    result = run("eval", str(file), "--client", documents)
    (refused,) = [line for line in result.output.splitlines() if "answerable, refused" in line]
    assert refused.split("│")[2].strip() == "-"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "is no JSON object"),
        ("[]", 'needs a "question"'),
        ('{"question": " "}', 'needs a "question"'),
        ('{"question": "a?", "page": "two"}', '"page" is a number'),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "fine?"}\n' + line)
    with pytest.raises(StartupError, match=reason) as caught:
        read_questions(path)
    assert "line 2" in str(caught.value)


def test_an_empty_file_and_a_wrong_setting_are_refused(run: Run, tmp_path: Path, file: Path, documents: str) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    for words, sentence in (
        (["eval", str(empty)], "holds no question"),
        (["eval", str(file), "--set", "top_k"], "is not"),
    ):
        result = run(*words, "--client", documents)
        assert result.exit_code == 1
        assert sentence in result.output
    assert read_options(["top_k=3", 'filters={"page": 1}']) == {"top_k": 3, "filters": {"page": 1}}


def test_figures_are_what_they_are_called() -> None:
    answerable, other = Question("a", "a.txt", None, None), Question("b", None, None, None)
    ranks = [1, 2, None, 10]
    outcomes = [Outcome(answerable, rank, rank is None, 0.1 * n) for n, rank in enumerate(ranks, start=1)]
    outcomes += [Outcome(other, rank=None, refused=refused, seconds=0.5) for refused in (False, True)]
    report = summarise(outcomes)
    assert report.hits == {1: 0.25, 3: 0.5, 5: 0.5, 10: 0.75}
    assert report.mrr == pytest.approx((1 + 1 / 2 + 1 / 10) / 4)
    assert report.answerable_refused == 0.25
    assert report.unanswerable_answered == 0.5


def test_a_passage_is_right_by_file_page_and_quote() -> None:
    passage = {"source": "a.txt", "page": 2, "content": "The crane lifts forty\ntonnes - at most."}
    assert Question("?", "a.txt", 2, "FORTY tonnes: at").is_met_by(passage)
    assert not Question("?", "b.txt", 2, None).is_met_by(passage)
    assert not Question("?", "a.txt", 1, None).is_met_by(passage)
    assert not Question("?", None, None, "fifty").is_met_by(passage)


def test_the_questions_about_the_samples_can_be_read() -> None:
    questions = read_questions(SAMPLES)
    assert sum(question.answerable for question in questions) == 50
    folder = ROOT / "data" / "samples"
    assert all((folder / question.document).is_file() for question in questions if question.document)
