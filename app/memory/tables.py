"""The tables of the sessions database. The migrations build exactly these; a test holds the two together.

Only types and constructs that SQLite and PostgreSQL share are used: a time is REAL on SQLite (8 bytes there) and
double precision elsewhere, since PostgreSQL's REAL has 4 bytes and would round a time to minutes.
"""

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

ALL_CLIENTS = ""
"""The scope of the totals over all clients; no client id is empty."""

TIME: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
OPTIONAL_JSON = JSON(none_as_null=True)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("created_at", TIME, nullable=False),
    Column("last_accessed", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("message_count", Integer, server_default=text("0"), nullable=False),
    Column("stored_bytes", BIG, server_default=text("0"), nullable=False),
    Column("title", Text),
    # Every list and every count of sessions runs along one of these two and touches no other row.
    Index(None, "client_id", "expires_at", "session_id"),
    Index(None, "expires_at", "client_id", "session_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("timestamp", TIME, nullable=False),
    Column("tokens", Integer, nullable=False),
    # Last, so that reading a history never touches the overflow pages that they fill.
    Column("sources", OPTIONAL_JSON),
    Column("extra", OPTIONAL_JSON),
    ForeignKeyConstraint(
        ["session_id", "client_id"], ["sessions.session_id", "sessions.client_id"], ondelete="CASCADE"
    ),
    # Unique: two turns can never claim the same place, whatever the number of processes.
    Index(None, "session_id", "client_id", "position", unique=True),
    sqlite_autoincrement=True,
)

summaries = Table(
    "summaries",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("summarised_up_to", BIG, nullable=False),
    Column("updated_at", TIME, nullable=False),
    ForeignKeyConstraint(
        ["session_id", "client_id"], ["sessions.session_id", "sessions.client_id"], ondelete="CASCADE"
    ),
)

feedback = Table(
    "feedback",
    metadata,
    Column("message_id", BIG, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("rating", Text, nullable=False),
    Column("reason", Text),
    Column("comment", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("updated_at", TIME, nullable=False),
    ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
    # A client's feedback is listed, and counted, along this.
    Index(None, "client_id", "updated_at", "session_id", "position"),
)

# One row for each request that is to be done once: a claim while there is no answer. All of it is sealed.
kept_answers = Table(
    "kept_answers",
    metadata,
    Column("name", LargeBinary, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("size", Integer, nullable=False),
    Column("answer", LargeBinary),
    # A client's answers are counted, and the oldest found, along the first.
    Index(None, "client_id", "expires_at", "size"),
    Index(None, "expires_at"),
)

totals = Table(
    "session_totals",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("sessions", BIG, nullable=False),
    Column("messages", BIG, nullable=False),
    Column("stored_bytes", BIG, nullable=False),
)
