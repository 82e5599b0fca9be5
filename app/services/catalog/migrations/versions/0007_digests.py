"""What models wrote about documents."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of digests."""
    op.create_table(
        "document_digests",
        sa.Column("document_id", sa.Text, sa.ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", sa.REAL, nullable=False),
    )
