"""Clients, documents, their parts with vectors and words, keys, settings and jobs; each row is its client's alone."""

from alembic import op

revision = "0001_documents"
down_revision = None
branch_labels = None
depends_on = None

_PARTITIONS = 16
# Ids and names are ordered by their characters, as they are in the embedded catalog.
_ID = 'text COLLATE "C" NOT NULL'
_OWNER = f"client_id {_ID} REFERENCES clients (client_id) ON DELETE CASCADE"
_TABLES = (
    f"""
    CREATE TABLE clients (
        client_id {_ID} PRIMARY KEY,
        created_at double precision NOT NULL,
        last_modified double precision NOT NULL,
        document_count integer NOT NULL DEFAULT 0,
        chunk_count bigint NOT NULL DEFAULT 0,
        byte_count bigint NOT NULL DEFAULT 0,
        registered integer NOT NULL DEFAULT 0
    )
    """,
    f"""
    CREATE TABLE documents (
        document_id {_ID} PRIMARY KEY,
        {_OWNER},
        filename text NOT NULL,
        kind text NOT NULL,
        sha256 text NOT NULL,
        size_bytes bigint NOT NULL,
        pages integer NOT NULL,
        characters bigint NOT NULL,
        chunk_count integer NOT NULL,
        chunk_size integer NOT NULL,
        chunk_overlap integer NOT NULL,
        warnings json NOT NULL,
        status text NOT NULL,
        created_at double precision NOT NULL,
        updated_at double precision NOT NULL,
        part_count integer,
        metadata json NOT NULL DEFAULT '{{}}',
        tags json NOT NULL DEFAULT '[]'
    )
    """,
    "CREATE INDEX ix_documents_client ON documents (client_id, created_at, document_id)",
    "CREATE INDEX ix_documents_content ON documents (client_id, sha256, chunk_size, chunk_overlap)",
    "CREATE INDEX ix_documents_unfinished ON documents (client_id) WHERE status <> 'ready'",
    f"""
    CREATE TABLE document_chunks (
        document_id {_ID} PRIMARY KEY REFERENCES documents (document_id) ON DELETE CASCADE,
        spans bytea NOT NULL
    )
    """,
    f"""
    CREATE TABLE document_values (
        document_id {_ID} REFERENCES documents (document_id) ON DELETE CASCADE,
        field {_ID},
        position integer NOT NULL,
        client_id {_ID},
        kind text NOT NULL,
        listed integer NOT NULL,
        text text COLLATE "C",
        number double precision,
        PRIMARY KEY (document_id, field, position)
    )
    """,
    # Without the text: one can be longer than an entry of a b-tree may be.
    "CREATE INDEX ix_document_values_field ON document_values (client_id, field, document_id)",
    "CREATE INDEX ix_document_values_number ON document_values (client_id, field, kind, number, document_id)",
    f"""
    CREATE TABLE api_keys (
        key_id {_ID} PRIMARY KEY,
        {_OWNER},
        hash text NOT NULL,
        label text NOT NULL,
        created_at double precision NOT NULL,
        expires_at double precision,
        last_used_at double precision
    )
    """,
    "CREATE INDEX ix_api_keys_client ON api_keys (client_id, created_at)",
    f"""
    CREATE TABLE client_settings (
        {_OWNER} PRIMARY KEY,
        system_prompt text,
        language text,
        top_k integer,
        temperature double precision,
        model text
    )
    """,
    f"""
    CREATE TABLE jobs (
        job_id {_ID} PRIMARY KEY,
        {_OWNER},
        status text NOT NULL,
        cancelling integer NOT NULL DEFAULT 0,
        by_name integer NOT NULL DEFAULT 0,
        chunk_size integer NOT NULL,
        chunk_overlap integer NOT NULL,
        created_at double precision NOT NULL,
        started_at double precision,
        finished_at double precision
    )
    """,
    "CREATE INDEX ix_jobs_client ON jobs (client_id, created_at, job_id)",
    "CREATE INDEX ix_jobs_finished ON jobs (finished_at)",
    f"""
    CREATE TABLE job_files (
        job_id {_ID} REFERENCES jobs (job_id) ON DELETE CASCADE,
        position integer NOT NULL,
        filename text NOT NULL,
        upload text,
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        document_id text,
        pages integer NOT NULL DEFAULT 0,
        chunks integer NOT NULL DEFAULT 0,
        duplicate_of text,
        replaced json NOT NULL,
        warnings json NOT NULL,
        error_code text,
        error_detail text,
        labels json,
        PRIMARY KEY (job_id, position)
    )
    """,
    "CREATE INDEX ix_job_files_status ON job_files (status)",
    f"""
    CREATE TABLE document_lives (
        client_id {_ID} PRIMARY KEY,
        ended bigint NOT NULL,
        ended_at double precision NOT NULL
    )
    """,
    f"CREATE TABLE embedding_models (client_id {_ID} PRIMARY KEY, model text NOT NULL)",
    f"""
    CREATE TABLE passages (
        client_id {_ID},
        document_id {_ID},
        place integer NOT NULL,
        page integer NOT NULL,
        section text NOT NULL,
        sections text[] NOT NULL,
        source text NOT NULL,
        head text NOT NULL,
        number integer,
        starts integer NOT NULL,
        ends integer NOT NULL,
        body text NOT NULL,
        embedding vector NOT NULL,
        PRIMARY KEY (client_id, document_id, place)
    ) PARTITION BY HASH (client_id)
    """,
    # A vector lies beside its text's row and not elsewhere: an exact search reads them all.
    "ALTER TABLE passages ALTER COLUMN embedding SET STORAGE MAIN",
    f"CREATE TABLE word_states (client_id {_ID} PRIMARY KEY, born bigint NOT NULL, change bigint NOT NULL)",
    f"""
    CREATE TABLE word_documents (
        client_id {_ID},
        document_id {_ID},
        first integer NOT NULL,
        count integer NOT NULL,
        language text NOT NULL,
        PRIMARY KEY (client_id, document_id)
    )
    """,
    f"""
    CREATE TABLE word_blocks (
        client_id {_ID},
        block integer NOT NULL,
        facts bytea NOT NULL,
        PRIMARY KEY (client_id, block)
    )
    """,
    f"""
    CREATE TABLE word_postings (
        client_id {_ID},
        block integer NOT NULL,
        term {_ID},
        data bytea NOT NULL,
        PRIMARY KEY (client_id, block, term)
    ) PARTITION BY HASH (client_id)
    """,
)
_PARTITIONED = ("passages", "word_postings")
# In subqueries, so that each is evaluated once for a statement and not for each row.
_MINE = "client_id = (SELECT current_setting('app.client', true)) OR '*' = (SELECT current_setting('app.client', true))"
# These have no client of their own; whose row they hang on is decided by that one's policy.
_POLICIES = {
    "document_chunks": "EXISTS (SELECT FROM documents AS mine WHERE mine.document_id = document_chunks.document_id)",
    "job_files": "EXISTS (SELECT FROM jobs AS mine WHERE mine.job_id = job_files.job_id)",
    **dict.fromkeys(
        (
            "clients",
            "documents",
            "document_values",
            "api_keys",
            "client_settings",
            "jobs",
            "document_lives",
            "embedding_models",
            "passages",
            "word_states",
            "word_documents",
            "word_blocks",
            "word_postings",
        ),
        _MINE,
    ),
}


def upgrade() -> None:
    """Create the tables, and let each transaction reach the rows of its client only."""
    # Made by a superuser before, or here: the extension is one that a database's owner may make.
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in _TABLES:
        op.execute(statement)
    protected = dict(_POLICIES)
    for table in _PARTITIONED:
        for number in range(_PARTITIONS):
            part = f"{table}_{number}"
            op.execute(
                f"CREATE TABLE {part} PARTITION OF {table} FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {number})"
            )
            protected[part] = _MINE
    for table, condition in protected.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_client ON {table} USING ({condition})")
