"""Alembic's entry: runs the revisions on the connection that PostgresDatabase.migrate hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="alembic_version_documents")
context.run_migrations()
