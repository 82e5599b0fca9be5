"""New vectors of parts that are embedded again with another model, until they take the place of the old ones."""

from alembic import op

revision = "0004_successors"
down_revision = "0003_usage"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE successors (
        client_id text COLLATE "C" NOT NULL,
        document_id text COLLATE "C" NOT NULL,
        place integer NOT NULL,
        model text NOT NULL,
        embedding vector NOT NULL,
        PRIMARY KEY (client_id, document_id, place)
    )
    """,
    "ALTER TABLE successors ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE successors FORCE ROW LEVEL SECURITY",
    "CREATE POLICY of_client ON successors USING (client_id = (SELECT current_setting('app.client', true)) "
    "OR '*' = (SELECT current_setting('app.client', true)))",
)


def upgrade() -> None:
    """Create the table, and let each transaction reach the rows of its client only."""
    for statement in _STATEMENTS:
        op.execute(statement)
