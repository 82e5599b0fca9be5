"""The parts of the service, each by itself: a handler's signature says all that it uses."""

from typing import Annotated

from fastapi import Depends, Request

from app.common.work import Work
from app.config import Settings
from app.memory import SessionStore
from app.memory.feedback import FeedbackStore
from app.memory.kept_answers import KeptAnswerStore
from app.service import Services
from app.services.answering.grounding import GateOf
from app.services.backup.service import BackupService
from app.services.embedding.types import Embedder
from app.services.ingestion.uploads import Uploads
from app.services.jobs.service import JobService
from app.services.metering.meter import UsageMeter
from app.services.rag_chain import RagChain
from app.services.reranking.service import Reranking
from app.services.retriever import Retriever
from app.services.tenants.clients import ClientService
from app.services.tenants.documents import DocumentService
from app.services.tenants.keys import ApiKeyStore
from app.services.tenants.rate_limit import RateLimit
from app.services.tenants.settings import ClientSettingsStore
from app.services.upkeep.readiness import Readiness
from app.services.upkeep.reembedding import Reembedder
from app.telemetry.exposition import Figures


async def get_settings(request: Request) -> Settings:
    """Return the settings the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _rag(request: Request) -> RagChain:
    return _services(request).rag


async def _retriever(request: Request) -> Retriever:
    return _services(request).retriever


async def _reranking(request: Request) -> Reranking:
    return _services(request).reranking


async def _embedder(request: Request) -> Embedder:
    return _services(request).embedder


async def _gate(request: Request) -> GateOf:
    return _services(request).gate


async def _uploads(request: Request) -> Uploads:
    return _services(request).uploads


async def _jobs(request: Request) -> JobService:
    return _services(request).jobs


async def _documents(request: Request) -> DocumentService:
    return _services(request).documents


async def _sessions(request: Request) -> SessionStore:
    return _services(request).session_store


async def _feedback(request: Request) -> FeedbackStore:
    return _services(request).session_store.feedback


async def _kept_answers(request: Request) -> KeptAnswerStore:
    return _services(request).session_store.kept_answers


async def _clients(request: Request) -> ClientService:
    return _services(request).clients


async def _client_settings(request: Request) -> ClientSettingsStore:
    return _services(request).client_settings


async def _api_keys(request: Request) -> ApiKeyStore:
    return _services(request).api_keys


async def _rate_limit(request: Request) -> RateLimit:
    return _services(request).rate_limit


async def _meter(request: Request) -> UsageMeter:
    return _services(request).meter


async def _readiness(request: Request) -> Readiness:
    return _services(request).readiness


async def _backups(request: Request) -> BackupService:
    return _services(request).backups


async def _figures(request: Request) -> Figures | None:
    return _services(request).figures


async def _reembedder(request: Request) -> Reembedder:
    return _services(request).reembedder


async def _work(request: Request) -> Work:
    return _services(request).work


SettingsDep = Annotated[Settings, Depends(get_settings)]
RagDep = Annotated[RagChain, Depends(_rag)]
RetrieverDep = Annotated[Retriever, Depends(_retriever)]
RerankingDep = Annotated[Reranking, Depends(_reranking)]
EmbedderDep = Annotated[Embedder, Depends(_embedder)]
GateDep = Annotated[GateOf, Depends(_gate)]
UploadsDep = Annotated[Uploads, Depends(_uploads)]
JobsDep = Annotated[JobService, Depends(_jobs)]
DocumentsDep = Annotated[DocumentService, Depends(_documents)]
SessionsDep = Annotated[SessionStore, Depends(_sessions)]
FeedbackDep = Annotated[FeedbackStore, Depends(_feedback)]
KeptAnswersDep = Annotated[KeptAnswerStore, Depends(_kept_answers)]
ClientsDep = Annotated[ClientService, Depends(_clients)]
ClientSettingsDep = Annotated[ClientSettingsStore, Depends(_client_settings)]
ApiKeysDep = Annotated[ApiKeyStore, Depends(_api_keys)]
RateLimitDep = Annotated[RateLimit, Depends(_rate_limit)]
MeterDep = Annotated[UsageMeter, Depends(_meter)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
BackupsDep = Annotated[BackupService, Depends(_backups)]
FiguresDep = Annotated[Figures | None, Depends(_figures)]
ReembedderDep = Annotated[Reembedder, Depends(_reembedder)]
WorkDep = Annotated[Work, Depends(_work)]
