"""Ingest jobs and their files; finding a client's unfinished documents quickly."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of jobs."""
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("cancelling", sa.Integer, nullable=False, server_default="0"),
        sa.Column("by_name", sa.Integer, nullable=False, server_default="0"),
        sa.Column("chunk_size", sa.Integer, nullable=False),
        sa.Column("chunk_overlap", sa.Integer, nullable=False),
        sa.Column("created_at", sa.REAL, nullable=False),
        sa.Column("started_at", sa.REAL),
        sa.Column("finished_at", sa.REAL),
    )
    op.create_index("ix_jobs_client", "jobs", ["client_id", "created_at", "job_id"])
    op.create_index("ix_jobs_finished", "jobs", ["finished_at"])
    op.create_table(
        "job_files",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("upload", sa.Text),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("document_id", sa.Text),
        sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
        sa.Column("chunks", sa.Integer, nullable=False, server_default="0"),
        sa.Column("duplicate_of", sa.Text),
        sa.Column("replaced", sa.JSON, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error_detail", sa.Text),
    )
    op.create_index("ix_job_files_status", "job_files", ["status"])
    op.create_index(
        "ix_documents_unfinished",
        "documents",
        ["client_id"],
        sqlite_where=sa.text("status <> 'ready'"),
        postgresql_where=sa.text("status <> 'ready'"),
    )
