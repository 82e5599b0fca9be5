"""Summaries in the background: they come after a document is ready, fail nothing, and go with it."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.service import Services
from app.services.catalog.digests import OUTLINE, SUMMARY, DocumentDigests
from app.services.catalog.records import DocumentRecord
from app.services.digests.index import SummaryIndex
from app.services.digests.summaries import Run, Summariser, SummaryWriter
from tests.api import ask
from tests.fakes import HashEmbeddings, OtherEmbeddings
from tests.services.conversing.talking import CLIENT, HANDBOOK, Talking, talking
from tests.waiting import wait_for

MARK = "Quokkazephyr of the harbour [1]."


def summary(talk: Talking, name: str) -> Any:
    listed = talk.api.get("/api/v1/documents", params={"client_id": CLIENT}).json()["documents"]
    document = next(each["document_id"] for each in listed if each["filename"] == name)
    return talk.api.get(f"/api/v1/documents/{document}", params={"client_id": CLIENT}).json().get("summary")


def both(talk: Talking) -> bool:
    return bool(summary(talk, "handbook.txt") and summary(talk, "contract.md"))


@contextmanager
def summarised(folder: Path, new_stores: Path, **settings: Any) -> Iterator[Talking]:
    with talking(folder, new_stores, summaries="on", **settings) as talk:
        talk.model.says = MARK
        wait_for(lambda: both(talk))
        yield talk


def test_a_model_summarises_each_document_once_in_one_call(tmp_path: Path, new_stores: Path) -> None:
    with summarised(tmp_path, new_stores) as talk:
        assert summary(talk, "contract.md") in (MARK.replace(" [1]", ""), "MODEL SAYS: 27 days.")
        assert len(talk.model.asked) == 2
        listed = talk.say("Which documents do you have?")
        assert f"page, {listed['response'].split('page, ')[1][:10]}): " in listed["response"]
        assert len(listed["citations"]) == 2
        about = wait_for(lambda: "contract.md" in talk.say("Do you have anything about the Quokkazephyr?")["response"])
        assert about
        assert len(talk.model.asked) == 2


def test_without_a_model_the_most_central_sentences_are_the_summary(tmp_path: Path, new_stores: Path) -> None:
    with summarised(tmp_path, new_stores, with_model=False) as talk:
        assert summary(talk, "handbook.txt") == HANDBOOK


def test_a_vendor_that_fails_fails_no_document(tmp_path: Path, new_stores: Path) -> None:
    with talking(tmp_path, new_stores, summaries="on", groq_api_base="http://127.0.0.1:9") as talk:
        assert summary(talk, "handbook.txt") is None
        assert talk.say("Which documents do you have?")["intent"] == "inventory"
        assert ask(talk.api, "hello", CLIENT).status_code == 200


class Incomplete(Summariser):
    """Makes summaries that are not kept, as those are of which the model left out a part."""

    topic = SUMMARY

    def __init__(self) -> None:
        self.asked: list[str] = []

    @override
    def summarise(self, record: DocumentRecord, run: Run) -> None:
        self.asked.append(record.filename)


def test_a_summary_that_is_not_kept_holds_up_no_other_document(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    summariser = Incomplete()
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        for name in ("first.txt", "second.txt"):
            (tmp_path / name).write_text(f"The office of {name} opens at 8.30.")
            assert services.ingest_file(tmp_path / name, CLIENT).status == "ready"
        catalog = services.internals.catalog
        with SummaryWriter(catalog, summariser, SummaryIndex(catalog.digests, services.internals.embedders.current)):
            wait_for(lambda: len(summariser.asked) > 1)
    assert summariser.asked == ["first.txt", "second.txt"]


class Counting(DocumentDigests):
    """Counts how often it is asked which documents have none."""

    looks = 0

    @override
    def lacking(self, topic: str, *, beside: Collection[str] = (), beginning: str = "") -> list[tuple[ClientId, str]]:
        self.looks += 1
        return super().lacking(topic, beside=beside, beginning=beginning)


def test_who_has_nothing_to_write_is_woken_by_a_document_and_asks_the_catalog_no_more(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    summariser = Incomplete()
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        catalog = services.internals.catalog
        catalog.digests = digests = Counting(catalog.database, clock=time.time)
        with SummaryWriter(catalog, summariser, SummaryIndex(digests, services.internals.embedders.current)):
            wait_for(lambda: digests.looks == 1)
            (tmp_path / "first.txt").write_text("The office opens at 8.30.")
            assert services.ingest_file(tmp_path / "first.txt", CLIENT).status == "ready"
            wait_for(lambda: summariser.asked)
        # At the start, for the document, and once more after it.
        assert digests.looks <= 3


def test_documents_of_a_client_that_may_not_spend_wait_and_hold_up_no_other(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    summariser, poor = Incomplete(), {"poor-co"}
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        for client_id in ("poor-co", CLIENT):
            (tmp_path / f"{client_id}.txt").write_text(f"The office of {client_id} opens at 8.30.")
            services.ingest_file(tmp_path / f"{client_id}.txt", client_id)
        catalog = services.internals.catalog
        index = SummaryIndex(catalog.digests, services.internals.embedders.current)
        with SummaryWriter(catalog, summariser, index, may_spend=lambda client_id: client_id not in poor):
            wait_for(lambda: summariser.asked == [f"{CLIENT}.txt"])
            poor.clear()
            (tmp_path / "next.txt").write_text("The next document wakes the writer.")
            services.ingest_file(tmp_path / "next.txt", CLIENT)
            wait_for(lambda: "poor-co.txt" in summariser.asked)


def test_what_summaries_mean_is_noted_again_with_another_embedding_model(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings, client_id = make_settings(summaries="on"), ClientId(CLIENT)
    (tmp_path / "tide.txt").write_text("The office opens at 8.30. High tide is at seven.")

    def noted(services: Services) -> tuple[str, object]:
        """Wait for the only document's summary, and return both."""
        digests = services.internals.catalog.digests
        index = SummaryIndex(digests, services.internals.embedders.current)
        wait_for(lambda: index.nearest(client_id, "tide"))
        (document_id,) = index.nearest(client_id, "tide")
        assert index.lacking(beside=()) == []
        return document_id, digests.get(client_id, document_id, OUTLINE)

    with open_services(settings, embedder=HashEmbeddings()) as services:
        assert services.ingest_file(tmp_path / "tide.txt", CLIENT).status == "ready"
        before = noted(services)
    with open_services(settings, embedder=OtherEmbeddings()) as services:
        assert noted(services) == before, "the summary itself stays"


def test_no_summaries_are_written_unless_that_is_wanted(tmp_path: Path, new_stores: Path) -> None:
    with talking(tmp_path, new_stores) as talk:
        names = {thread.name for thread in threading.enumerate()}
        assert "summaries" not in names
        assert summary(talk, "handbook.txt") is None
