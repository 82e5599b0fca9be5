"""The sample documents in a service of their own, for benchmarks of finding and answering."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.service import Services

CLIENT = ClientId("benchmark")
SAMPLES = Path(__file__).parent.parent / "data" / "samples"


@contextmanager
def empty_service() -> Iterator[Services]:
    """Open a service with its defaults and the real model, and no documents."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        settings = Settings(
            _env_file=None,
            data_path=data,
            session_db_path=data / "sessions.db",
            vector_store_path=Path(folder) / "chroma",
        )
        with open_services(settings) as services:
            yield services


@contextmanager
def samples_loaded() -> Iterator[Services]:
    """Open such a service and put the samples among the documents of CLIENT."""
    with empty_service() as services:
        for path in sorted(SAMPLES.iterdir()):
            result = services.ingest_file(path, CLIENT)
            if result.error is not None:
                raise result.error
        yield services
