"""Sessions, their messages and summaries, and the totals over them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001_sessions"
down_revision = None
branch_labels = None
depends_on = None

_TIME: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_BIG: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables."""
    _create_sessions()
    _create_messages()
    _create_summaries()
    op.create_table(
        "session_totals",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("sessions", _BIG, nullable=False),
        sa.Column("messages", _BIG, nullable=False),
        sa.Column("stored_bytes", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_session_totals"),
    )


def downgrade() -> None:
    """Drop all tables, and with them every conversation."""
    for table in ("session_totals", "summaries", "messages", "sessions"):
        op.drop_table(table)


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_accessed", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("message_count", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("stored_bytes", _BIG, server_default=sa.text("0"), nullable=False),
        sa.Column("title", sa.Text),
        sa.PrimaryKeyConstraint("session_id", "client_id", name="pk_sessions"),
    )
    op.create_index(
        "ix_sessions_client_id_expires_at_session_id", "sessions", ["client_id", "expires_at", "session_id"]
    )
    op.create_index(
        "ix_sessions_expires_at_client_id_session_id", "sessions", ["expires_at", "client_id", "session_id"]
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("timestamp", _TIME, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("sources", sa.JSON),
        sa.Column("extra", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        _of_session("messages"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_messages_session_id_client_id_position",
        "messages",
        ["session_id", "client_id", "position"],
        unique=True,
    )


def _create_summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("summarised_up_to", _BIG, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "client_id", name="pk_summaries"),
        _of_session("summaries"),
    )


def _of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id", "client_id"],
        ["sessions.session_id", "sessions.client_id"],
        name=f"fk_{table}_sessions",
        ondelete="CASCADE",
    )
