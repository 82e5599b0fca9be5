"""Settings: read from the environment and `.env`, checked once at start. Nothing else reads the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.common.errors import StartupError
from app.common.misspelt import LIKE_IN_ENVIRONMENT, LIKE_IN_FILE, LONG_NAME, refuse_misspelt
from app.common.postgres.address import driver_address
from app.common.rerank_address import RerankChoice

DEFAULT_EMBEDDING_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
MIN_CHUNK_SIZE = 100
MAX_CHUNK_SIZE = 8000
MIN_ADMIN_KEY_LENGTH = 16


class Settings(BaseSettings):
    """Every setting with its default; the upper-case field name is the variable's name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Language model
    groq_api_key: SecretStr | None = None
    model_name: str = "llama-3.3-70b-versatile"
    fallback_model_name: str | None = None
    temperature: float = Field(0.7, ge=0, le=2)
    llm_provider: Literal["auto", "groq", "openai", "extractive"] = "auto"
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    groq_api_base: str | None = None
    llm_timeout: float = Field(60, gt=0, le=600)
    llm_calls_at_once: int = Field(160, ge=1, le=10_000)
    max_answer_tokens: int = Field(2048, ge=16, le=1_000_000)

    # Vectors
    vector_store_type: Literal["chroma", "pgvector"] = "chroma"
    vector_store_path: Path = Path("./chroma_db")
    collection_cache_size: int = Field(64, ge=1, le=100_000)
    embedding_model: str = DEFAULT_EMBEDDING_MODEL
    embedding_backend: Literal["onnx", "torch"] = "onnx"
    embedding_device: str = "cpu"
    top_k: int | None = Field(None, ge=1, le=50)
    context_tokens: int = Field(2000, ge=100, le=100_000)
    rerank: Literal["off", "endpoint", "llm"] = "off"
    rerank_base_url: str | None = None
    rerank_model: str | None = None
    rerank_api_key: SecretStr | None = None
    rerank_timeout: float = Field(5, gt=0, le=60)
    whole_document_tokens: int = Field(6000, ge=1000, le=1_000_000)
    summaries: Literal["off", "on"] = "off"
    max_document_tokens: int = Field(200_000, ge=1000, le=10_000_000)
    chunk_size: int = Field(1000, ge=MIN_CHUNK_SIZE, le=MAX_CHUNK_SIZE)
    chunk_overlap: int = Field(200, ge=0, lt=MAX_CHUNK_SIZE)

    # Conversations
    query_rewrite: Literal["auto", "off"] = "auto"
    no_answer: Literal["say", "model"] = "say"
    min_relevance: float | None = Field(None, ge=0, le=1.5)
    memory_type: Literal["buffer", "buffer_window", "summary"] = "buffer"
    max_token_limit: int = Field(2000, ge=100, le=1_000_000)
    memory_window: int = Field(5, ge=1, le=1000)
    database_url: SecretStr | None = None
    database_connections: int = Field(16, ge=2, le=1000)
    session_store_type: Literal["sqlite", "postgres"] = "sqlite"
    session_db_path: Path = Path("./data/sessions.db")
    session_ttl: int = Field(3600, ge=1)
    max_cached_sessions: int = Field(100, ge=1, le=1_000_000)
    cleanup_interval: int = Field(300, ge=1)

    # Uploads and requests
    data_path: Path = Path("./data")
    disk_reserve_mb: int = Field(32, ge=0, le=1_000_000)
    pdf_engine: Literal["pdfium", "pypdf"] = "pdfium"
    ocr: Literal["auto", "off"] = "auto"
    max_upload_mb: int = Field(50, ge=1, le=2048)
    max_files_per_upload: int = Field(20, ge=1, le=1000)
    max_message_chars: int = Field(8000, ge=1, le=1_000_000)
    uploads_at_once: int = Field(8, ge=2, le=1000)
    max_chunks_per_document: int = Field(10_000, ge=1, le=1_000_000)
    ingest_workers: int = Field(3, ge=1, le=64)
    ingest_queue_limit: int = Field(2000, ge=1, le=1_000_000)
    ingest_job_days: int = Field(7, ge=1, le=3650)
    idempotency_hours: int = Field(24, ge=0, le=720)

    # Limits of one client; the first three are none unless set
    max_documents_per_client: int | None = Field(None, ge=1)
    max_chunks_per_client: int | None = Field(None, ge=1)
    rate_limit_per_minute: int | None = Field(None, ge=1, le=1_000_000)
    max_waiting_requests: int = Field(128, ge=1, le=100_000)
    max_waiting_mb_per_client: int = Field(1024, ge=1, le=1_000_000)

    # Budgets of one client, unless it has its own: none unless set
    budget_tokens_a_day: int | None = Field(None, ge=0)
    budget_tokens_a_month: int | None = Field(None, ge=0)
    budget_searches_a_day: int | None = Field(None, ge=0)
    budget_pages_a_month: int | None = Field(None, ge=0)
    budget_mb_a_month: int | None = Field(None, ge=0)
    usage_kept_days: int = Field(400, ge=32, le=36_500)

    # Service
    admin_api_key: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    mcp: Literal["on", "off"] = "on"
    max_connections: int = Field(4000, ge=2, le=1_000_000)
    worker_threads: int = Field(128, ge=8, le=2000)
    search_threads: int | None = Field(None, ge=2, le=1000)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    ui: Literal["on", "off"] = "on"
    metrics: Literal["on", "off"] = "on"
    metrics_port: int | None = Field(None, ge=1, le=65_535)
    metrics_host: str = "127.0.0.1"
    otel_exporter_otlp_endpoint: str | None = None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("admin_api_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_ADMIN_KEY_LENGTH:
            raise ValueError(f"it must have at least {MIN_ADMIN_KEY_LENGTH} characters")
        return value

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(driver_address(value.get_secret_value()))

    @model_validator(mode="after")
    def _stores_fit_together(self) -> Self:
        if self.session_store_type == "postgres" and self.database_url is None:
            raise ValueError(
                "DATABASE_URL must be set when SESSION_STORE_TYPE=postgres, "
                "for example postgresql://rag:PASSWORD@127.0.0.1/rag."
            )
        if self.session_storage != self.session_store_type and "session_store_type" in self.model_fields_set:
            raise ValueError(
                "SESSION_STORE_TYPE=sqlite contradicts DATABASE_URL: set it to postgres, or take one of them out."
            )
        return self

    @model_validator(mode="after")
    def _has_a_database(self) -> Self:
        if self.vector_store_type == "pgvector" and self.database_url is None:
            raise ValueError(
                "DATABASE_URL must be set when VECTOR_STORE_TYPE=pgvector, "
                "for example postgresql://rag:PASSWORD@127.0.0.1/rag."
            )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.chunk_overlap >= self.chunk_size:
            raise ValueError("CHUNK_OVERLAP must be smaller than CHUNK_SIZE.")
        if self.llm_provider == "groq" and self.groq_api_key is None:
            raise ValueError(
                "GROQ_API_KEY must be set when LLM_PROVIDER=groq; "
                "leave LLM_PROVIDER=auto to run without a key, with extractive answers."
            )
        if self.llm_provider == "openai" and not self.llm_base_url:
            raise ValueError(
                "LLM_BASE_URL must be set when LLM_PROVIDER=openai, for example http://127.0.0.1:11434/v1."
            )
        return self

    @model_validator(mode="after")
    def _reranking_fits(self) -> Self:
        chosen = RerankChoice(
            self.rerank if "rerank" in self.model_fields_set else None, self.rerank_base_url,
            names_model=self.rerank_model is not None, has_key=self.rerank_api_key is not None,
            has_language_model=self.provider != "extractive",
        )  # fmt: skip
        if contradiction := chosen.contradiction():
            raise ValueError(contradiction)
        return self

    @property
    def reranking(self) -> Literal["off", "endpoint", "llm"]:
        """What puts passages into another order: the server of RERANK_BASE_URL if there is one, unless RERANK says."""
        chosen = "rerank" in self.model_fields_set or self.rerank_base_url is None
        return self.rerank if chosen else "endpoint"

    @property
    def session_storage(self) -> Literal["sqlite", "postgres"]:
        """Where conversations are kept: in the database of DATABASE_URL if there is one."""
        return "sqlite" if self.database_url is None else "postgres"

    @property
    def provider(self) -> Literal["groq", "openai", "extractive"]:
        """The provider in use: `auto` is Groq with a key and extractive without one."""
        if self.llm_provider == "auto":
            return "groq" if self.groq_api_key else "extractive"
        return self.llm_provider

    @property
    def own_models(self) -> tuple[str, ...]:
        """The service's own models, which any client may use."""
        return tuple(name for name in (self.model_name, self.fallback_model_name) if name)

    @property
    def answering_model(self) -> str:
        """What answers, as /health and answers name it."""
        return "extractive" if self.provider == "extractive" else self.model_name


def operator_chose_heaps() -> bool:
    """Return whether the environment tells the C library how many heaps to use; the service then leaves that alone."""
    return "MALLOC_ARENA_MAX" in os.environ


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Read the settings; raises StartupError with one sentence that names the variable and what is allowed.

    A name that is nearly a setting's is refused too: in the file, and in the environment if it is long and very like.
    """
    known = {name.upper() for name in Settings.model_fields}
    if env_file is not None:
        refuse_misspelt(dotenv_values(env_file, encoding="utf-8"), known, f"in {env_file}", likeness=LIKE_IN_FILE)
    refuse_misspelt(os.environ, known, "in the environment", likeness=LIKE_IN_ENVIRONMENT, shortest=LONG_NAME)
    try:
        return Settings(_env_file=env_file)
    except ValidationError as exc:
        raise StartupError(_sentence(exc.errors(include_url=False, include_input=False)[0])) from None


def _sentence(error: ErrorDetails) -> str:
    """One sentence about a wrong setting, without its value: that may be a secret."""
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    if not error["loc"]:
        return f"{reason}."
    return f"The setting {str(error['loc'][0]).upper()} is wrong: {reason}."
