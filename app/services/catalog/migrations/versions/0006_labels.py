"""Metadata and tags of documents, as they are shown and as filters look at them; those of files that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table of values. Older documents have no labels."""
    op.add_column("documents", sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("documents", sa.Column("tags", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "document_values",
        sa.Column("document_id", sa.Text, sa.ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("number", sa.REAL),
    )
    op.create_index("ix_document_values_text", "document_values", ["client_id", "field", "text", "document_id"])
    op.create_index(
        "ix_document_values_number", "document_values", ["client_id", "field", "kind", "number", "document_id"]
    )
    op.add_column("job_files", sa.Column("labels", sa.JSON))
