"""What a client has agents told of its documents."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("client_settings", sa.Column("mcp_description", sa.Text))
