"""What models wrote about documents; whose row it hangs on is decided by the documents' policy."""

from alembic import op

revision = "0002_digests"
down_revision = "0001_documents"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE document_digests (
        document_id text COLLATE "C" NOT NULL REFERENCES documents (document_id) ON DELETE CASCADE,
        topic text COLLATE "C" NOT NULL,
        digest text NOT NULL,
        created_at double precision NOT NULL,
        PRIMARY KEY (document_id, topic)
    )
    """,
    "ALTER TABLE document_digests ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE document_digests FORCE ROW LEVEL SECURITY",
    "CREATE POLICY of_client ON document_digests USING "
    "(EXISTS (SELECT FROM documents AS mine WHERE mine.document_id = document_digests.document_id))",
)


def upgrade() -> None:
    """Create the table, and let each transaction reach the rows of its client only."""
    for statement in _STATEMENTS:
        op.execute(statement)
