"""What a client has set for its own answers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of clients' settings."""
    op.create_table(
        "client_settings",
        sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("system_prompt", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("top_k", sa.Integer),
        sa.Column("temperature", sa.REAL),
        sa.Column("model", sa.Text),
    )
