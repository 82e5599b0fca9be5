"""`eval`: how well a running service finds and answers a client's own questions, and which of two settings does better.

A line of the questions file is a JSON object: `question`, and what has to be found: `document` (a file name), with it
`page` (1-based) if the place matters, or `quote` (text that a passage has to hold; case, spaces and punctuation do not
count). A question without any of them is one that the documents cannot answer.
"""

import json
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.commands.remote import Remote
from app.common.errors import StartupError

HITS = (1, 3, 5, 10)
_DEPTH = max(HITS)


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the file."""

    text: str
    document: str | None
    page: int | None
    quote: str | None

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return self.document is not None or self.quote is not None

    def is_met_by(self, passage: Mapping[str, Any]) -> bool:
        """Whether the passage is what has to be found."""
        return (
            (self.document is None or passage["source"] == self.document)
            and (self.page is None or passage["page"] == self.page)
            and (self.quote is None or _plain(self.quote) in _plain(passage["content"]))
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one question: the rank of the first right passage (from 1), if there is one."""

    question: Question
    rank: int | None
    refused: bool | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run; shares are 0 to 1, None where there was no such question."""

    hits: Mapping[int, float | None]
    mrr: float | None
    answerable_refused: float | None
    unanswerable_answered: float | None
    seconds_p50: float
    seconds_p95: float


def read_questions(path: Path) -> list[Question]:
    """Read the file; raises StartupError with the line that is wrong."""
    questions: list[Question] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            questions.append(_question(line, f"{path.name}, line {number}"))
    if not questions:
        raise StartupError(f"{path.name} holds no question.")
    return questions


def read_options(settings: Sequence[str]) -> dict[str, object]:
    """Read NAME=JSON settings; raises StartupError for one that is none."""
    options: dict[str, object] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            options[name.strip()] = json.loads(value)
        except ValueError:
            raise StartupError(f"--set {setting} is not NAME=JSON, such as top_k=8.") from None
    return options


def ask_all(
    remote: Remote, questions: Sequence[Question], *, client_id: str, options: Mapping[str, object], answers: bool
) -> list[Outcome]:
    """Search each question; with `answers` ask for one too, to see whether it is refused."""
    return [_ask(remote, question, client_id, options, answers=answers) for question in questions]


def summarise(outcomes: Sequence[Outcome]) -> Report:
    """Return the figures of a run."""
    answerable = [outcome for outcome in outcomes if outcome.question.answerable]
    ranks = [outcome.rank for outcome in answerable]
    seconds = sorted(outcome.seconds for outcome in outcomes)
    return Report(
        hits={k: _share([rank is not None and rank <= k for rank in ranks]) for k in HITS},
        mrr=sum(1 / rank for rank in ranks if rank) / len(ranks) if ranks else None,
        answerable_refused=_share([o.refused for o in answerable if o.refused is not None]),
        unanswerable_answered=_share(
            [not o.refused for o in outcomes if not o.question.answerable and o.refused is not None]
        ),
        seconds_p50=seconds[len(seconds) // 2],
        seconds_p95=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))],
    )


def show(reports: Mapping[str, Report], outcomes: Mapping[str, Sequence[Outcome]], console: Console) -> None:
    """Print the figures, a column for each run, and the questions for which nothing right was found."""
    table = Table("", *reports)
    for name, values in _rows(list(reports.values())):
        table.add_row(name, *values)
    console.print(table)
    for label, run in outcomes.items():
        missed = [outcome.question.text for outcome in run if outcome.question.answerable and outcome.rank is None]
        if missed:
            console.print(f"{label}: not found among {_DEPTH}:", style="bold")
            for text in missed:
                console.print(f"  {text}", markup=False)


def _rows(reports: Sequence[Report]) -> list[tuple[str, list[str]]]:
    rows = [(f"hit@{k} %", [_percent(report.hits[k]) for report in reports]) for k in HITS]
    rows.append(("MRR", [f"{report.mrr:.3f}" if report.mrr is not None else "-" for report in reports]))
    rows.append(("answerable, refused %", [_percent(report.answerable_refused) for report in reports]))
    rows.append(("unanswerable, answered %", [_percent(report.unanswerable_answered) for report in reports]))
    rows.append(("seconds, median", [f"{report.seconds_p50:.3f}" for report in reports]))
    rows.append(("seconds, 95 of 100", [f"{report.seconds_p95:.3f}" for report in reports]))
    return rows


def _ask(
    remote: Remote, question: Question, client_id: str, options: Mapping[str, object], *, answers: bool
) -> Outcome:
    started = time.perf_counter()
    body = {"query": question.text, "client_id": client_id, "top_k": _DEPTH, **options}
    found = remote.post("/api/v1/search", body)["results"]
    seconds = time.perf_counter() - started
    ranks = (rank for rank, passage in enumerate(found, start=1) if question.is_met_by(passage))
    rank = next(ranks, None) if question.answerable else None
    refused: bool | None = None
    if answers:
        asked = {"message": question.text, "client_id": client_id, "use_memory": False}
        refused = not remote.post("/api/v1/chat/", asked)["grounded"]
    return Outcome(question, rank, refused, seconds)


def _question(line: str, where: str) -> Question:
    try:
        data = json.loads(line)
    except ValueError:
        raise StartupError(f"{where} is no JSON object.") from None
    if not isinstance(data, dict) or not isinstance(data.get("question"), str) or not data["question"].strip():
        raise StartupError(f'{where} needs a "question".')
    document, page, quote = data.get("document"), data.get("page"), data.get("quote")
    if not isinstance(document, str | None) or not isinstance(quote, str | None) or not isinstance(page, int | None):
        raise StartupError(f'{where}: "document" and "quote" are texts, "page" is a number.')
    return Question(data["question"].strip(), document, page, quote)


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
