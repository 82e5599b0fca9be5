"""`backup` and `restore`: all data in one file, and the way back."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.commands.remote import Remote
from app.common.disk import disk_errors, flush
from app.common.errors import Conflict, StartupError
from app.common.space import DiskSpace
from app.config import Settings
from app.folders import FolderInUse, backup_sources, data_folders, hold_folders
from app.services.backup.manifest import Manifest
from app.services.backup.restoring import restore, verify
from app.services.backup.service import FOLDER, BackupService, Maker
from app.version import VERSION

Say = Callable[[str], None]
ROUTE = "/api/v1/admin/backup"
_PARTIAL = ".partial"
_MB = 1 << 20


def back_up(remote: Remote, file: Path, say: Say) -> None:
    """Have a running service make a backup, and keep it as `file`. Raises what `Remote.download` raises."""
    _keep(file, lambda opened: remote.download(ROUTE, opened), say)


def back_up_folders(settings: Settings, file: Path, say: Say) -> bool:
    """Back up the folders of a stopped service; False when a running one has them. Raises StartupError."""
    sources = backup_sources(settings)
    if not sources.catalog.exists():
        raise StartupError(
            f"There is no catalog in {settings.data_path}: check DATA_PATH, or name a running service with --base-url."
        )
    with suppress(FolderInUse), hold_folders(settings):
        embedded = settings.vector_store_type == "chroma"
        space = DiskSpace(data_folders(settings), reserve_bytes=settings.disk_reserve_mb << 20)
        maker = Maker(VERSION, settings.embedding_model, settings.data_path / FOLDER)
        with closing(BackupService(sources if embedded else None, maker, space=space)) as backups:
            _keep(file, lambda opened: _write(backups, opened), say)
        return True
    return False


def restore_file(file: Path, folder: Path, say: Say) -> None:
    """Restore a backup into an empty folder, and say what it holds. Raises what `restore` raises."""
    with file.open("rb") as opened:
        restored = restore(opened, folder)
    _describe(restored.manifest, say)
    if restored.findings.unsound:
        say(f"{restored.findings.unsound} clients lack something: run the doctor.")
    say(f"Restored and checked: {folder} has `data` and `chroma_db`. Start the service there, or move them to where")
    say("DATA_PATH and VECTOR_STORE_PATH say.")


def _keep(file: Path, write: Callable[[BinaryIO], object], say: Say) -> None:
    """Write the file under another name, read it back, and only then give it its own. Nothing stays of a failure."""
    if file.exists():
        raise Conflict(f"{file.name} is there already; name another file.")
    with disk_errors(), _partial(file) as opened:
        write(opened)
        opened.flush()
        os.fsync(opened.fileno())
        opened.seek(0)
        manifest = verify(opened)
    flush(file.absolute().parent)
    _describe(manifest, say)
    say(f"Backup whole and checked: {file}")


@contextmanager
def _partial(file: Path) -> Iterator[BinaryIO]:
    path = file.with_name(file.name + _PARTIAL)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
        path.rename(file)
    finally:
        path.unlink(missing_ok=True)


def _write(backups: BackupService, opened: BinaryIO) -> None:
    archive = backups.prepare()
    try:
        for block in archive.blocks():
            opened.write(block)
    finally:
        backups.finish()


def _describe(manifest: Manifest, say: Say) -> None:
    summary = manifest.summary
    say(
        f"{summary.clients} clients, {summary.documents} documents, {len(manifest.files)} files, "
        f"{manifest.size_bytes / _MB:.1f} MB; made by version {summary.version} with {summary.embedding_model}."
    )
    if not summary.conversations:
        say("Conversations are in PostgreSQL and not in here: back up that database with pg_dump or pgBackRest.")
    if summary.indexes_to_rebuild:
        say(f"{summary.indexes_to_rebuild} clients wrote meanwhile: their indexes are put in order at the first use.")
    if summary.unsound_clients:
        say(f"{summary.unsound_clients} clients lack something, as they did before: run the doctor.")
