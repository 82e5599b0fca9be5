"""Alembic runs this to bring the catalog up to date; the connection comes from Database.migrate."""

from alembic import context

from app.services.catalog.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="alembic_version_catalog",
    render_as_batch=True,
)
context.run_migrations()
