"""What people say about answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002_feedback"
down_revision = "0001_sessions"
branch_labels = None
depends_on = None

_TIME: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_BIG: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "feedback",
        sa.Column("message_id", _BIG, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rating", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_feedback"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_feedback_messages", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_feedback_client_id_updated_at_session_id_position",
        "feedback",
        ["client_id", "updated_at", "session_id", "position"],
    )


def downgrade() -> None:
    """Drop the table, and with it all feedback."""
    op.drop_table("feedback")
