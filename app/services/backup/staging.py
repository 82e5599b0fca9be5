"""A copy of all data as it was at one moment, in a folder, while everybody goes on.

The order makes it right. The catalog, Chroma's database and the conversations are copied as of one moment, in which the
catalog stands still: together they are what a power cut would have left, and the start knows what to do with that.
Uploads and tables never change but may go, so they are kept before that moment and again after it. Indexes of vectors
and of words are copied after it: both can be made again from the databases, and what does not fit them is.
"""

import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

from app.common.errors import Unavailable, shutting_down
from app.common.sqlite import copying
from app.services.backup.files import Pace, keep_all
from app.services.backup.indexes import copy_indexes, drop_others, signatures
from app.services.backup.layout import Sources, layout
from app.services.catalog.store import Catalog
from app.services.chroma import sql as chroma_sql
from app.services.jobs.kept import KeptFiles
from app.services.tables import TableStore
from app.services.words.files import index_path
from app.services.words.index import PartIndex

_LOOK_SECONDS = 0.1


def take(sources: Sources, folder: Path, stopped: Event) -> float:
    """Copy all to `folder`, which is empty; return for how many milliseconds writers of the catalog had to wait.

    Nobody may compact the databases meanwhile. Raises Unavailable when it fails, or `stopped` is set.
    """
    target = layout(folder, sessions=sources.sessions is not None)
    pace = Pace(stopped)
    for each in (target.words, target.tables, target.spool):
        each.mkdir(parents=True)
    before = signatures(sources.chroma)
    _keep_files(sources, target, pace)
    with _databases_copied(sources, target, stopped) as held_ms:
        copy_indexes(sources.chroma, target.chroma, before, pace)
        _keep_files(sources, target, pace)
        if sources.marker.exists():
            target.marker.touch()
    return held_ms


def settle(sources: Sources, folder: Path, stopped: Event) -> None:
    """Copy what the copied catalog says there is, and remove from the copy what came after it."""
    target = layout(folder, sessions=sources.sessions is not None)
    drop_others(target.chroma, {facts.segment_id for facts in chroma_sql.facts(target.chroma)})
    with closing(Catalog.open(target.catalog)) as catalog:
        documents = catalog.every_document()
        clients = [record.client_id for record in catalog.list_clients()]
        waiting = set(KeptFiles(catalog.database).names())
    TableStore(target.tables).remove_orphans(documents)
    for upload in target.spool.iterdir():
        if upload.name not in waiting:
            upload.unlink()
    known: defaultdict[str, set[str]] = defaultdict(set)
    for client_id, document_id in documents:
        known[client_id].add(document_id)
    pace = Pace(stopped)
    for client_id in clients:
        _copy_words(index_path(sources.words, client_id), index_path(target.words, client_id), known[client_id])
        pace.rest()


def _keep_files(sources: Sources, target: Sources, pace: Pace) -> None:
    keep_all(sources.spool, target.spool, "upload_*", pace)
    keep_all(sources.tables, target.tables, "*/*/*.db", pace)


def _copy_words(source: Path, target: Path, documents: Collection[str]) -> None:
    """Copy a client's index of words without what came later. One that cannot be copied is made again when missed."""
    if not source.exists():
        return
    target.parent.mkdir(exist_ok=True)
    try:
        copying.copy_database(source, target)
        with closing(PartIndex(target, create=False)) as index:
            for document in index.contents().documents:
                if document.document_id not in documents:
                    index.delete(document.document_id)
    except (sqlite3.Error, ValueError, IndexError):
        target.unlink(missing_ok=True)


@contextmanager
def _databases_copied(sources: Sources, target: Sources, stopped: Event) -> Iterator[float]:
    """Copy the databases as they are at one moment: it is over when the block begins, the copies are whole at its end.

    Gives the milliseconds for which writes waited.
    """
    pairs = [(sources.catalog, target.catalog), (_vectors(sources), _vectors(target))]
    if sources.sessions is not None and target.sessions is not None:
        pairs.append((sources.sessions, target.sessions))
    paths = [str(path.absolute()) for pair in pairs for path in pair]
    # In a child process, as Chroma's database must not be opened in this one.
    command = [sys.executable, "-I", "-S", copying.__file__, *paths]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, text=True) as child:
        try:
            assert child.stdout
            line = child.stdout.readline()
            if not line:
                raise _failed()
            yield float(line)
            _wait(child, stopped)
        finally:
            child.kill()


def _wait(child: "subprocess.Popen[str]", stopped: Event) -> None:
    while child.poll() is None:
        if stopped.wait(_LOOK_SECONDS):
            raise shutting_down()
    if child.returncode:
        raise _failed()


def _vectors(sources: Sources) -> Path:
    return sources.chroma / chroma_sql.DATABASE_FILE


def _failed() -> Unavailable:
    return Unavailable(
        "The databases could not be copied; see that the disk has room and that they are sound, and try again.",
        code="backup_failed",
    )
