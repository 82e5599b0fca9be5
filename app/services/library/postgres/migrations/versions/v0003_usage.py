"""What clients use, their budgets, and the key that a job was made with."""

from alembic import op

revision = "0003_usage"
down_revision = "0002_digests"
branch_labels = None
depends_on = None

_ID = 'text COLLATE "C" NOT NULL'
_MINE = "client_id = (SELECT current_setting('app.client', true)) OR '*' = (SELECT current_setting('app.client', true))"
_STATEMENTS = (
    f"""
    CREATE TABLE usage (
        client_id {_ID},
        day {_ID},
        key_id {_ID},
        model {_ID},
        kind {_ID},
        chats bigint NOT NULL,
        searches bigint NOT NULL,
        documents bigint NOT NULL,
        pages bigint NOT NULL,
        bytes bigint NOT NULL,
        texts_embedded bigint NOT NULL,
        model_calls bigint NOT NULL,
        tokens_in bigint NOT NULL,
        tokens_out bigint NOT NULL,
        tokens_estimated bigint NOT NULL,
        PRIMARY KEY (client_id, day, key_id, model, kind)
    )
    """,
    "CREATE INDEX ix_usage_day ON usage (day)",
    f"""
    CREATE TABLE client_budgets (
        client_id {_ID} PRIMARY KEY REFERENCES clients (client_id) ON DELETE CASCADE,
        tokens_a_day bigint,
        tokens_a_month bigint,
        searches_a_day bigint,
        pages_a_month bigint,
        bytes_a_month bigint
    )
    """,
    "ALTER TABLE jobs ADD COLUMN key_id text",
)


def upgrade() -> None:
    """Create the tables, and let each transaction reach the rows of its client only."""
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in ("usage", "client_budgets"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_client ON {table} USING ({_MINE})")
