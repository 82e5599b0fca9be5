"""Answers that are kept for requests which are sent again; each row is its client's alone."""

from alembic import op

revision = "0003_kept_answers"
down_revision = "0002_feedback"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE kept_answers (
        name bytea NOT NULL,
        client_id text NOT NULL,
        fingerprint bytea NOT NULL,
        holder text NOT NULL,
        expires_at double precision NOT NULL,
        size integer NOT NULL,
        answer bytea,
        CONSTRAINT pk_kept_answers PRIMARY KEY (name)
    )
    """,
    "CREATE INDEX ix_kept_answers_client ON kept_answers (client_id, expires_at, size)",
    "CREATE INDEX ix_kept_answers_expiry ON kept_answers (expires_at)",
    "ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE kept_answers FORCE ROW LEVEL SECURITY",
    # In subqueries, so that each is evaluated once for a statement and not for each row.
    """
    CREATE POLICY of_client ON kept_answers USING (
        client_id = (SELECT current_setting('app.client', true)) OR '*' = (SELECT current_setting('app.client', true))
    )
    """,
)


def upgrade() -> None:
    """Create the table, and let each transaction reach the rows of its client only."""
    for statement in _STATEMENTS:
        op.execute(statement)
