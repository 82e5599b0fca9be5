"""What makes backups."""

from contextlib import ExitStack

from app.config import Settings
from app.folders import backup_sources
from app.services.backup.service import FOLDER, BackupService, Maker
from app.services.compaction import Compactor
from app.version import VERSION
from app.wiring.stores import Stores


def open_backups(settings: Settings, stack: ExitStack, stores: Stores, compactor: Compactor) -> BackupService:
    """Return what makes backups, which is given up when the service closes."""
    embedded = settings.vector_store_type == "chroma"
    backups = BackupService(
        backup_sources(settings) if embedded else None,
        Maker(VERSION, stores.embedders.current.name, settings.data_path / FOLDER),
        space=stores.space,
        uncompacted=compactor.held_off,
        clock=stores.clock,
    )
    stack.callback(backups.close)
    return backups
