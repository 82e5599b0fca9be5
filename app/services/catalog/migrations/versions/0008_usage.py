"""What clients use, their budgets, and the key that a job was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = ("client_id", "day", "key_id", "model", "kind")
_AMOUNTS = (
    "chats",
    "searches",
    "documents",
    "pages",
    "bytes",
    "texts_embedded",
    "model_calls",
    "tokens_in",
    "tokens_out",
    "tokens_estimated",
)
_BUDGETS = ("tokens_a_day", "tokens_a_month", "searches_a_day", "pages_a_month", "bytes_a_month")


def upgrade() -> None:
    """Make the tables, and the column."""
    op.create_table(
        "usage",
        *(sa.Column(name, sa.Text, primary_key=True) for name in _KEY),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _AMOUNTS),
    )
    op.create_index("ix_usage_day", "usage", ["day"])
    op.create_table(
        "client_budgets",
        sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
        *(sa.Column(name, sa.BigInteger) for name in _BUDGETS),
    )
    op.add_column("jobs", sa.Column("key_id", sa.Text))
