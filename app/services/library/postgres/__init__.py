"""The clients' documents in PostgreSQL: records, texts, vectors and words change in one transaction."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
