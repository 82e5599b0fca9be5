"""Where the service keeps its data, and that one process alone has it open."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from app.common.errors import StartupError
from app.config import Settings
from app.services.backup.layout import Sources
from app.services.upkeep.databases import Places


@dataclass(frozen=True, slots=True)
class DataFiles:
    """What lies in DATA_PATH: the catalog, the folder of uploads being read, the sign that a compaction is due.

    And beside the vectors, the indexes of words and the tables.
    """

    catalog: Path
    spool: Path
    compaction_marker: Path
    words: Path
    tables: Path


def data_files(settings: Settings) -> DataFiles:
    """Return where the data of the service is, whether it exists or not."""
    folder = settings.data_path
    return DataFiles(
        catalog=folder / "catalog.db",
        spool=folder / "uploads",
        compaction_marker=folder / "compaction.due",
        words=settings.vector_store_path / "words",
        tables=settings.vector_store_path / "tables",
    )


def database_places(settings: Settings) -> Places:
    """Return where the databases are, whether they exist or not."""
    sessions = settings.session_db_path if settings.database_url is None else None
    return Places(data_files(settings).catalog, sessions, settings.vector_store_path)


def data_folders(settings: Settings) -> tuple[Path, ...]:
    """Return all folders with data, each once."""
    return tuple(dict.fromkeys((settings.data_path, settings.session_db_path.parent, settings.vector_store_path)))


def backup_sources(settings: Settings) -> Sources:
    """Return where what a backup copies is, whether it exists or not."""
    files, databases = data_files(settings), database_places(settings)
    return Sources(
        catalog=databases.catalog,
        sessions=databases.sessions,
        chroma=databases.chroma,
        words=files.words,
        tables=files.tables,
        spool=files.spool,
        marker=files.compaction_marker,
    )


@contextmanager
def hold_folders(settings: Settings) -> Iterator[None]:
    """Hold all folders with data for this process; raises StartupError when another one has them."""
    with ExitStack() as stack:
        for folder in data_folders(settings):
            stack.enter_context(_locked(folder))
        yield


class FolderInUse(StartupError):
    """Another process of this service has a folder of data."""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the lock goes with the process, however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise FolderInUse(
            f"The folder {folder} is in use by another process of this service; stop that one first "
            "(one process per data folder, so no --workers)."
        ) from None
    except OSError:
        raise StartupError(f"The folder {folder} cannot be written; check its owner and permissions.") from None
    try:
        yield
    finally:
        lock.release()
