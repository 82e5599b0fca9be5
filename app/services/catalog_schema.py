"""The catalog's tables: who the clients are and what documents they have. The migrations make exactly these."""

from sqlalchemy import JSON, REAL, Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

clients = Table(
    "clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("created_at", REAL, nullable=False),
    # Counters and times are kept here, in the transaction that changes the documents, so that no list or
    # statistic has to count anything.
    Column("last_modified", REAL, nullable=False),
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
    Column("created_at", REAL, nullable=False),
    Column("updated_at", REAL, nullable=False),
    Index("ix_documents_client", "client_id", "created_at", "document_id"),
    Index("ix_documents_content", "client_id", "sha256", "chunk_size", "chunk_overlap"),
    Index("ix_documents_status", "status"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
    Column("hash", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", REAL, nullable=False),
    Column("expires_at", REAL),
    Column("last_used_at", REAL),
    Index("ix_api_keys_client", "client_id", "created_at"),
)
