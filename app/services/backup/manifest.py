"""What an archive says of itself, as its first file: who made it when, and each file's size and hash."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from app.common.errors import InvalidInput
from app.services.backup.layout import is_ours

FORMAT = 1
LARGEST_BYTES = 512 << 20
_WHAT = "conversational-rag backup"
_HASH_LENGTH = 64


class BadArchive(InvalidInput):
    """A file that is no backup, or not a whole one."""

    default_code = "bad_archive"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a copy: its name below the folder, its size in bytes and the SHA-256 of its content, in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds. `made_at` is in seconds since the epoch.

    `held_ms` is for how long writers had to wait; `indexes_to_rebuild` counts the clients who wrote while their
    indexes were copied, so that these are put in order at the first use; `unsound_clients` those with whom the doctor
    finds something else. Without `conversations` these are in PostgreSQL.
    """

    version: str
    embedding_model: str
    made_at: float
    clients: int
    documents: int
    conversations: bool
    held_ms: float
    indexes_to_rebuild: int
    unsound_clients: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The summary, and all files but the manifest itself."""

    summary: Summary
    files: tuple[FileEntry, ...]

    @property
    def size_bytes(self) -> int:
        """What the files take together."""
        return sum(file.size for file in self.files)

    def encoded(self) -> bytes:
        """Return the manifest as it stands in the archive."""
        files = [[file.name, file.size, file.sha256] for file in self.files]
        body = {"what": _WHAT, "format": FORMAT, "summary": asdict(self.summary), "files": files}
        return json.dumps(body, separators=(",", ":")).encode()


def decode(data: bytes) -> Manifest:
    """Return what `encoded` was made from. Raises BadArchive when it is anything else."""
    try:
        body = json.loads(data)
        newer = body["what"] == _WHAT and body["format"] > FORMAT
        ours = body["what"] == _WHAT and body["format"] == FORMAT
        summary = Summary(**body["summary"]) if ours else None
        files = tuple(_entry(*row) for row in body["files"]) if ours else ()
    except (ValueError, TypeError, KeyError, RecursionError):
        raise no_backup() from None
    if newer:
        raise BadArchive("This backup was made by a newer version; install that one to restore it.")
    if summary is None or len({file.name for file in files}) != len(files):
        raise no_backup()
    return Manifest(summary, files)


def no_backup() -> BadArchive:
    """Return the error of a file that was never a backup of this service."""
    return BadArchive("This file is not a backup of this service; nothing was restored.")


def _entry(name: Any, size: Any, sha256: Any) -> FileEntry:
    good = isinstance(name, str) and isinstance(size, int) and isinstance(sha256, str)
    if not good or not is_ours(name) or size < 0 or len(sha256) != _HASH_LENGTH:
        raise ValueError
    return FileEntry(name, size, sha256)
