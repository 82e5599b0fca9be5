"""The service as a Python object: what the HTTP API, the operator's commands and your own program are built on.

with open_services(load_settings()) as services:
    services.ingest_file("manual.pdf", "acme")
    print(services.ask("How long is the warranty?", "acme").text)
    print(services.session_store.get_stats()["active_sessions"])
    print(services.vector_store_service.list_client_collections())
"""

from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self

from app.common.ids import DEFAULT_CLIENT, parse_client_id
from app.common.metering import Behalf, acting_for
from app.common.work import Work
from app.config import Settings
from app.memory import SessionStore
from app.services.answering.grounding import GateOf
from app.services.backup.service import BackupService
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.embedding.models import Embedders
from app.services.embedding.types import Embedder
from app.services.ingestion.ingest import FileResult, Ingestion
from app.services.ingestion.spool import UploadSpool
from app.services.ingestion.uploads import Incoming, Uploads
from app.services.jobs.service import JobService
from app.services.library import Library
from app.services.library.stores import VectorStore, WordSearch
from app.services.llm.types import LanguageModel
from app.services.metering.meter import UsageMeter
from app.services.rag_chain import Answer, ChatQuestion, RagChain
from app.services.reranking.service import Reranking
from app.services.retriever import Retriever
from app.services.tables import TableStore
from app.services.tenants.clients import ClientService
from app.services.tenants.documents import DocumentService
from app.services.tenants.keys import ApiKeyStore
from app.services.tenants.rate_limit import RateLimit
from app.services.tenants.settings import ClientSettingsStore
from app.services.upkeep.index_repair import Repairer
from app.services.upkeep.readiness import Readiness
from app.services.upkeep.reembedding import Reembedder
from app.telemetry.exposition import Figures


@dataclass(frozen=True, slots=True)
class Internals:
    """What the services rest on: for the operator's commands and for tests, not for handlers."""

    catalog: Catalog
    library: Library
    words: WordSearch
    tables: TableStore
    embedders: Embedders
    spool: UploadSpool
    ingestion: Ingestion
    compactor: Compactor
    repairer: Repairer


@dataclass(frozen=True, slots=True)
class Services:
    """All that the product does, opened by `open_services`. Use as a context manager, or call `close` once."""

    settings: Settings
    session_store: SessionStore
    vector_store_service: VectorStore
    rag: RagChain
    retriever: Retriever
    reranking: Reranking
    gate: GateOf
    uploads: Uploads
    jobs: JobService
    documents: DocumentService
    clients: ClientService
    client_settings: ClientSettingsStore
    api_keys: ApiKeyStore
    rate_limit: RateLimit
    meter: UsageMeter
    readiness: Readiness
    backups: BackupService
    reembedder: Reembedder
    work: Work
    figures: Figures | None
    internals: Internals
    _model: LanguageModel | None
    _opened: ExitStack

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors with the model in use."""
        return self.internals.embedders.current

    def ask(self, question: str, client_id: str = DEFAULT_CLIENT, *, session_id: str | None = None) -> Answer:
        """Answer from the documents of a client; of `default` when none is named. Blocks.

        With `session_id` the conversation is read before and stored after. Raises NotFound when the client has no
        documents, InvalidInput for no possible client, and the model's errors; then nothing is stored.
        """
        owner = parse_client_id(client_id)
        return self.rag.ask(
            ChatQuestion(
                client_id=owner,
                text=question,
                options=self.client_settings.options(owner),
                session_id=session_id,
                use_memory=session_id is not None,
            )
        )

    def ingest_file(self, path: str | PathLike[str], client_id: str = DEFAULT_CLIENT) -> FileResult:
        """Take in a file of this machine for a client; for `default` when none is named. Blocks.

        The reason why the file failed is in the result, not raised; a path that cannot be opened is an OSError.
        """
        owner, file = parse_client_id(client_id), Path(path)
        with file.open("rb") as stream, acting_for(Behalf(kind="ingest")):
            return self.uploads.take(owner, Incoming(file.name, stream))

    def ready(self) -> bool:
        """Whether all stores answer."""
        return self.readiness.ready()

    def stop_uploads(self) -> None:
        """Give up the files that are being taken in, and a backup that is being made.

        They leave nothing, but jobs go on with theirs after a start.
        """
        self.backups.close()
        self.jobs.interrupt()
        self.internals.ingestion.close()

    def stop_answers(self) -> None:
        """End calls to the language model: whoever waits for one gets Unavailable (shutting_down)."""
        if self._model is not None:
            self._model.close()

    def close(self) -> None:
        """Close everything in reverse order."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
