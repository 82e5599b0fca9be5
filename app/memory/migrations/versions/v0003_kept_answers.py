"""Answers that are kept for requests which are sent again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0003_kept_answers"
down_revision = "0002_feedback"
branch_labels = None
depends_on = None

_TIME: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "kept_answers",
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.PrimaryKeyConstraint("name", name="pk_kept_answers"),
    )
    op.create_index("ix_kept_answers_client_id_expires_at_size", "kept_answers", ["client_id", "expires_at", "size"])
    op.create_index("ix_kept_answers_expires_at", "kept_answers", ["expires_at"])


def downgrade() -> None:
    """Drop the table, and with it all kept answers."""
    op.drop_table("kept_answers")
