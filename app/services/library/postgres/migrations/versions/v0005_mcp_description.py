"""What a client has agents told of its documents."""

from alembic import op

revision = "0005_mcp_description"
down_revision = "0004_successors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE client_settings ADD COLUMN mcp_description text")
