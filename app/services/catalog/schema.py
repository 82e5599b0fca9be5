"""The catalog's tables: clients, their documents, keys, settings, usage and ingest jobs.

The migrations make exactly these.
"""

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

from app.common.metering import Usage

# Written out in queries too: a partial index serves only those that repeat its condition word for word.
UNFINISHED = text("status <> 'ready'")

metadata = MetaData()

# 8 bytes on both; REAL has 4 on PostgreSQL and would round a time to minutes.
FLOAT: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

clients = Table(
    "clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("created_at", FLOAT, nullable=False),
    # Counters and times are kept here, in the transaction that changes the documents, so that no list or
    # statistic has to count anything.
    Column("last_modified", FLOAT, nullable=False),
    Column("document_count", Integer, nullable=False, server_default="0"),
    Column("chunk_count", Integer, nullable=False, server_default="0"),
    Column("byte_count", Integer, nullable=False, server_default="0"),
    # Made by POST /clients rather than by a first upload: stays when its last document goes.
    Column("registered", Integer, nullable=False, server_default="0"),
)

documents = Table(
    "documents",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("chunk_size", Integer, nullable=False),
    Column("chunk_overlap", Integer, nullable=False),
    Column("warnings", JSON, nullable=False),
    # indexing: being written, not acknowledged; ready: answers questions; deleting: on its way out.
    Column("status", Text, nullable=False),
    Column("created_at", FLOAT, nullable=False),
    Column("updated_at", FLOAT, nullable=False),
    # What is stored of it; empty where the chunks themselves are.
    Column("part_count", Integer),
    # As they are shown; what filters look at is in document_values.
    Column("metadata", JSON, nullable=False, server_default="{}"),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Index("ix_documents_client", "client_id", "created_at", "document_id"),
    Index("ix_documents_content", "client_id", "sha256", "chunk_size", "chunk_overlap"),
    Index("ix_documents_status", "status"),
    Index("ix_documents_unfinished", "client_id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
)

document_chunks = Table(
    "document_chunks",
    metadata,
    Column("document_id", Text, ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
    # A ChunkSpan for each chunk, as compressed JSON.
    Column("spans", LargeBinary, nullable=False),
)

document_values = Table(
    "document_values",
    metadata,
    Column("document_id", Text, ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
    # `tags`, or `metadata.` and the key: the field as filters call it.
    Column("field", Text, primary_key=True),
    # One row for each tag and each text of a list.
    Column("position", Integer, primary_key=True),
    Column("client_id", Text, nullable=False),
    # text, number, boolean, date
    Column("kind", Text, nullable=False),
    # Whether it is one of a list.
    Column("listed", Integer, nullable=False),
    # Of a text or date; null for others.
    Column("text", Text),
    # A number, 0 or 1 for a boolean, seconds since the epoch for a date; null for a text.
    Column("number", FLOAT),
    Index("ix_document_values_text", "client_id", "field", "text", "document_id"),
    Index("ix_document_values_number", "client_id", "field", "kind", "number", "document_id"),
)

document_digests = Table(
    "document_digests",
    metadata,
    Column("document_id", Text, ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
    # Empty for the summary, else a hash of the question it was made for.
    Column("topic", Text, primary_key=True),
    # JSON: the text, and which parts of the document it cites.
    Column("digest", Text, nullable=False),
    Column("created_at", REAL, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
    Column("hash", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", FLOAT, nullable=False),
    Column("expires_at", FLOAT),
    Column("last_used_at", FLOAT),
    Index("ix_api_keys_client", "client_id", "created_at"),
)

client_settings = Table(
    "client_settings",
    metadata,
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
    # Null: as the service's own settings have it.
    Column("system_prompt", Text),
    Column("language", Text),
    Column("top_k", Integer),
    Column("temperature", FLOAT),
    Column("model", Text),
    # What agents are told of the documents.
    Column("mcp_description", Text),
)

client_budgets = Table(
    "client_budgets",
    metadata,
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
    # Null: as the service's own settings have it; -1: no limit.
    Column("tokens_a_day", BigInteger),
    Column("tokens_a_month", BigInteger),
    Column("searches_a_day", BigInteger),
    Column("pages_a_month", BigInteger),
    Column("bytes_a_month", BigInteger),
)

# It outlives documents and keys, and an erased client's is kept without a name: nothing refers to a client.
usage = Table(
    "usage",
    metadata,
    Column("client_id", Text, primary_key=True),
    # In UTC, YYYY-MM-DD.
    Column("day", Text, primary_key=True),
    # Empty for the operator, and where no keys are needed.
    Column("key_id", Text, primary_key=True),
    # Empty where no language model was asked.
    Column("model", Text, primary_key=True),
    # chat, search, ingest, embedding, background
    Column("kind", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in Usage._fields),
    Index("ix_usage_day", "day"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
    # queued, running, completed, failed, cancelled
    Column("status", Text, nullable=False),
    # Set while a cancelled job's last files are being stopped.
    Column("cancelling", Integer, nullable=False, server_default="0"),
    # Whether its files replace the client's documents of the same name.
    Column("by_name", Integer, nullable=False, server_default="0"),
    Column("chunk_size", Integer, nullable=False),
    Column("chunk_overlap", Integer, nullable=False),
    Column("created_at", FLOAT, nullable=False),
    Column("started_at", FLOAT),
    Column("finished_at", FLOAT),
    # Of the key that it was made with; null for the operator's, and where no keys are needed.
    Column("key_id", Text),
    Index("ix_jobs_client", "client_id", "created_at", "job_id"),
    Index("ix_jobs_finished", "finished_at"),
)

job_files = Table(
    "job_files",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("filename", Text, nullable=False),
    # The spooled file's name; null when it is not kept.
    Column("upload", Text),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    # queued, running, ready, duplicate, failed, cancelled
    Column("status", Text, nullable=False),
    # How often it was begun, a clean stop not counted: a file that ends the process must not do so for ever.
    Column("attempts", Integer, nullable=False, server_default="0"),
    # While it runs, the id its document will have: after a crash it tells whether the document was acknowledged.
    Column("document_id", Text),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("chunks", Integer, nullable=False, server_default="0"),
    Column("duplicate_of", Text),
    Column("replaced", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("error_code", Text),
    Column("error_detail", Text),
    # The labels that came with the file, while its upload is kept.
    Column("labels", JSON(none_as_null=True)),
    Index("ix_job_files_status", "status"),
)
