"""How a document is stored: in parts, of which the chunks of its list are made."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number of parts and the table of chunks. Older documents have neither: their parts are their chunks."""
    op.add_column("documents", sa.Column("part_count", sa.Integer))
    op.create_table(
        "document_chunks",
        sa.Column("document_id", sa.Text, sa.ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("spans", sa.LargeBinary, nullable=False),
    )
