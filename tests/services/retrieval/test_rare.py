"""Rare names, codes and part numbers among 2,000 similar passages: words find them, whatever the vectors say."""

from collections.abc import Iterator

import pytest
from typing_extensions import override

from app.bootstrap import open_services
from app.common.vectors import Vectors
from app.service import Services
from benchmarks.rare import FOUND, ITEMS, PASSAGES, load, questions, rank_of, reports
from tests.api import settings_in
from tests.fakes import HashEmbeddings


class Alike(HashEmbeddings):
    """Knows nothing of texts: to it all of them mean the same."""

    @override
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """See Embedder."""
        return super().embed_question("", owner=owner)


REPORTS = reports()
QUESTIONS = list(questions(REPORTS))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(settings_in(tmp_path_factory.mktemp("rare")), embedder=Alike()) as services:
        load(services, REPORTS)
        yield services


def test_there_are_as_many_as_are_promised() -> None:
    assert (len(REPORTS), len(QUESTIONS)) == (PASSAGES, ITEMS) == (2000, 40)
    assert len({report.name for report in REPORTS}) == PASSAGES


@pytest.mark.parametrize("language", sorted({report.language for report in REPORTS}))
def test_what_one_passage_alone_has_is_found_first_or_second(services: Services, language: str) -> None:
    ranks = {
        question: rank_of(services.retriever, question, report)
        for _, question, report in QUESTIONS
        if report.language == language
    }
    assert len(ranks) == 4
    assert {question: rank for question, rank in ranks.items() if rank is None or rank > FOUND} == {}
