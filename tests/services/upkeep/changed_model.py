"""What tests share in which EMBEDDING_MODEL was changed over existing documents."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.service import Services
from app.services.embedding.types import Embedder
from tests.fakes import HashEmbeddings, OtherEmbeddings

HARBOUR, BAKERY = ClientId("harbour"), ClientId("bakery")
TEXTS = {"crane": "The harbour crane lifts forty tonnes.", "tide": "High tide is at seven in the morning."}


def earlier(model: str) -> Embedder:
    """Open the model of the documents that were there before."""
    assert model == "hash"
    return HashEmbeddings()


def ingest(services: Services, client_id: ClientId, name: str, text: str = "") -> str:
    """Take in a text and return the document's id."""
    path = services.settings.data_path / f"{name}.txt"
    path.write_text(text or TEXTS[name])
    result = services.ingest_file(path, client_id)
    assert result.error is None
    assert result.document_id is not None
    return result.document_id


def filled(settings: Settings) -> Settings:
    """Give two clients documents with the model `hash`."""
    with open_services(settings, embedder=HashEmbeddings()) as services:
        for client_id in (HARBOUR, BAKERY):
            for name in TEXTS:
                ingest(services, client_id, name)
    return settings


@contextmanager
def changed(settings: Settings, embedder: Embedder | None = None) -> Iterator[Services]:
    """Open the services with another model than the documents have."""
    with open_services(settings, embedder=embedder or OtherEmbeddings(), embedder_of=earlier) as services:
        yield services


def best(services: Services, client_id: ClientId = HARBOUR, question: str = "The harbour crane lifts tonnes") -> str:
    """Return the text of the best passage."""
    return services.retriever.retrieve(client_id, question)[0].chunk.text
