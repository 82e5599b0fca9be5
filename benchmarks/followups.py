"""Follow-ups: how often the right passage is found, and how well the wording tells what leans on what: `followups`.

The questions are those of followups.json and questions.json over the sample documents, with the real embedding model.
The rewriting model is a perfect stand-in: it answers with the rewriting that the set gives.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from rich.console import Console
from rich.table import Table

from app.common.passages import Passage
from app.services.answering.extractive import ExtractiveAnswerer
from app.services.answering.followups import FollowUps, combined, depends_on_history
from app.services.answering.grounding import Gate
from app.services.answering.types import AnswerOptions, ChatQuestion
from app.services.embedding.types import Embedder
from app.services.llm.types import Completion
from app.services.retriever import Retriever
from benchmarks.retrieval import DEPTHS, HERE, flat
from benchmarks.samples import CLIENT, samples_loaded

Item = dict[str, Any]
Search = Callable[[Item], Sequence[Passage]]
TOP_K = 4


class PerfectModel:
    """Rewrites each question of the set as the set says."""

    name = "perfect"

    def __init__(self, items: Sequence[Item]) -> None:
        self._rewritten = {item["question"]: item["rewritten"] for item in items}

    async def complete(self, _client: object, messages: Sequence[BaseMessage], **_: object) -> Completion:
        """See LanguageModel."""
        asked = str(messages[-1].content).rpartition("Latest question: ")[2]
        return Completion(self._rewritten[asked], self.name, None)


def main() -> None:
    """Print three tables."""
    with samples_loaded() as services:
        embedder = services.internals.embedders.current
        items = json.loads((HERE / "followups.json").read_text())
        console = Console(width=110)
        console.print(_retrieval(services.retriever, embedder, items))
        console.print(_wording(items))
        console.print(_grounding(services.retriever, services.gate(CLIENT), items))


def _retrieval(retriever: Retriever, embedder: Embedder, items: Sequence[Item]) -> Table:
    def find(text: str) -> list[Passage]:
        return retriever.retrieve(CLIENT, text, top_k=max(DEPTHS))

    without, perfect = FollowUps(None), FollowUps(PerfectModel(items))  # type: ignore[arg-type]  # all that is asked of it
    ways: dict[str, Search] = {
        "bare question (baseline)": lambda item: find(item["question"]),
        "always joined to the questions before": lambda item: find(combined(item["question"], _history(item))),
        "service without a model": lambda item: find(_stand_alone(without, item)),
        "service, perfect rewriting": lambda item: find(_stand_alone(perfect, item)),
    }
    quoted = ExtractiveAnswerer(embedder)
    table = Table(title=f"Share of {len(items)} follow-ups whose passage is among the first k, and is quoted")
    for heading in ("way", *(f"k={depth}" for depth in DEPTHS), "quoted", "median ms"):
        table.add_column(heading)
    for way, search in ways.items():
        hits, ms = _measure(search, items)
        asks = perfect if "perfect" in way else without
        told = sum(_is_quoted(quoted, item, search(item), None if "bare" in way else asks) for item in items)
        table.add_row(way, *(f"{hit:.2f}" for hit in hits), f"{told / len(items):.2f}", f"{ms:.1f}")
    return table


def _wording(items: Sequence[Item]) -> Table:
    loaded = json.loads((HERE / "questions.json").read_text())
    shifts = [item for item in items if item["kind"] == "topic shift"]
    groups = {
        "follow-ups": [item["question"] for item in items if item not in shifts],
        "topic shifts": [item["question"] for item in shifts],
        "stand-alone": [item["question"] for item in (*loaded["single"], *loaded["unanswerable"])],
        "follow-ups, rewritten": [item["rewritten"] for item in items],
    }
    table = Table(title="Questions that are taken to lean on the conversation")
    for heading in ("questions", "in all", "lean"):
        table.add_column(heading)
    for name, questions in groups.items():
        table.add_row(name, str(len(questions)), str(sum(map(depends_on_history, questions))))
    return table


def _grounding(retriever: Retriever, gate: Gate, items: Sequence[Item]) -> Table:
    loaded = json.loads((HERE / "questions.json").read_text())
    unanswerable = loaded["unanswerable"]
    groups = {
        "answerable": [item["question"] for item in loaded["single"]],
        "answerable, rewritten follow-ups": [item["rewritten"] for item in items],
        "answerable, joined follow-ups": [_stand_alone(FollowUps(None), item) for item in items],
        "unanswerable, near misses": [item["question"] for item in unanswerable if item["kind"] == "near"],
        "unanswerable, unrelated": [item["question"] for item in unanswerable if item["kind"] == "far"],
    }
    table = Table(title=f"Questions refused without asking the model (MIN_RELEVANCE={gate.least})")
    for heading in ("questions", "in all", "refused", "median ms"):
        table.add_column(heading)
    for name, questions in groups.items():
        refused, times = 0, []
        for question in questions:
            passages = retriever.retrieve(CLIENT, question, top_k=TOP_K)
            started = time.perf_counter()
            refused += not gate.passes(question, passages)
            times.append(time.perf_counter() - started)
        table.add_row(name, str(len(questions)), str(refused), f"{median(times) * 1000:.2f}")
    return table


def _history(item: Item) -> list[BaseMessage]:
    return [m for turn in item["history"] for m in (HumanMessage(turn["question"]), AIMessage(turn["answer"]))]


def _stand_alone(follow_ups: FollowUps, item: Item) -> str:
    question = ChatQuestion(client_id=CLIENT, text=item["question"], options=AnswerOptions(top_k=TOP_K))
    history = _history(item)
    if not follow_ups.follows(question, history):
        return question.text
    return asyncio.run(follow_ups.stand_alone(question, history)).text


def _measure(search: Search, items: Sequence[Item]) -> tuple[list[float], float]:
    found, times = [0] * len(DEPTHS), []
    for item in items:
        started = time.perf_counter()
        passages = search(item)
        times.append(time.perf_counter() - started)
        quote = flat(item["answer_quote"])
        right = [p.chunk.source == item["answer_source"] and quote in flat(p.chunk.text) for p in passages]
        for place, depth in enumerate(DEPTHS):
            found[place] += any(right[:depth])
    return [count / len(items) for count in found], median(times) * 1000


def _is_quoted(
    answerer: ExtractiveAnswerer, item: Item, passages: Sequence[Passage], follow_ups: FollowUps | None
) -> bool:
    question = _stand_alone(follow_ups, item) if follow_ups else item["question"]
    quotes = answerer.answer(question, passages[:TOP_K]).quotes
    return flat(item["answer_quote"]) in flat(" ".join(quote.text for quote in quotes))


if __name__ == "__main__":
    main()
