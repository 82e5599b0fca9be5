"""Mending the databases of a stopped service: what can be read is saved, and nothing that was there is lost."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from app.common.errors import InvalidInput
from app.common.ids import ClientId, parse_client_id
from app.common.sqlite import salvage as salvage_program
from app.common.sqlite.child import ProgramFailed, run_program
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.chroma import sql as chroma_sql
from app.services.chroma.files import StoreFiles
from app.services.chroma.gate import pass_gate
from app.services.upkeep.counts import count_clients_again, count_sessions_again
from app.services.upkeep.databases import DOCTOR, Places, Trouble
from app.services.vector_store import collection_name

Say = Callable[[str], None]

_BESIDE = ("", "-wal", "-shm", "-journal")


class Mender:
    """Mends one trouble after the other, and says what it did and what is lost."""

    def __init__(
        self, places: Places, say: Say, *, discard: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        """With `discard` it goes on without what cannot be mended. `clock` gives seconds since the epoch."""
        self._places = places
        self._say = say
        self._discard = discard
        self._clock = clock

    def mend(self, trouble: Trouble) -> None:
        """Do what can be done about it: without losing anything, unless that is asked for."""
        if trouble.kind == "damaged":
            self._salvage(trouble)
        elif trouble.kind == "words":
            chroma_sql.rebuild_words(self._places.chroma)
            self._say("The vector store's index of words was rebuilt.")
        elif trouble.kind == "miscounted":
            count_clients_again(self._places.catalog)
            if self._places.sessions:
                count_sessions_again(self._places.sessions)
            self._say("Counters were set to what is counted.")
        elif trouble.kind == "missing" and trouble.store == "catalog":
            self._take_over_documents()
        elif trouble.kind == "missing" and trouble.store == "vector store" and self._discard:
            self._forget_documents()

    def _forget_documents(self) -> None:
        """Forget all documents of a vector store that is lost, and remove the indexes whose texts went with it."""
        catalog = Catalog.open(self._places.catalog)
        try:
            gone = sum(self._forgotten(catalog, record.client_id) for record in catalog.list_clients())
        finally:
            catalog.close()
        StoreFiles(self._places.chroma, pass_gate(self._places.chroma)).remove_unknown(())
        self._say(f"{gone} documents forgotten, whose texts are lost; upload them again.")

    def _forgotten(self, catalog: Catalog, client_id: ClientId) -> int:
        count = catalog.begin_delete_all(client_id)
        catalog.drop_deleted(client_id)
        return count

    def _salvage(self, trouble: Trouble) -> None:
        damaged = {
            "catalog": self._places.catalog,
            "conversations": self._places.sessions,
            "vector store": self._places.vectors,
        }[trouble.store]
        assert damaged is not None  # what is kept elsewhere has no file that could be damaged
        new = damaged.with_name(f"{damaged.name}.salvaged")
        _remove(new)
        try:
            complete = self._copied(trouble, damaged, new)
        except (ProgramFailed, chroma_sql.MaintenanceFailed, sqlite3.Error):
            _remove(new)
            self._go_on_without(trouble, damaged)
            return
        kept = self._replace(damaged, new)
        lost = sorted(table for table, whole in complete.items() if not whole)
        what = f"without a part of {', '.join(lost)}" if lost else "which seems to be all"
        self._say(f"The database of the {trouble.store} was rebuilt from what could be read, {what}.")
        self._say(f"The damaged file is kept as {kept}: remove it once it is of no use, as erasing does not reach it.")
        if trouble.store == "catalog" and lost:
            self._take_over_documents()

    def _go_on_without(self, trouble: Trouble, damaged: Path) -> None:
        """Set aside a file of which nothing can be read, if that is asked for, and make what the others allow."""
        if not self._discard:
            self._say(
                f"Nothing could be read of {damaged}: restore it from your backup, or run `{DOCTOR} --discard`, which "
                "keeps that file under another name and goes on without it."
            )
            return
        kept = self._set_aside(damaged)
        self._say(f"Nothing could be read of {damaged}: it is kept as {kept}, and the service goes on without it.")
        if trouble.store == "catalog":
            self._take_over_documents()
        if trouble.store == "vector store":
            self._forget_documents()

    def _copied(self, trouble: Trouble, damaged: Path, new: Path) -> Mapping[str, bool]:
        if trouble.store == "vector store":
            return chroma_sql.salvage(damaged, new)
        complete: dict[str, bool] = run_program(salvage_program.__file__, str(damaged), str(new))
        count_again = count_clients_again if trouble.store == "catalog" else count_sessions_again
        count_again(new)
        return complete

    def _replace(self, damaged: Path, new: Path) -> str:
        """Put the new file in the place of the damaged one; return the name that this one has from now on."""
        kept = self._set_aside(damaged)
        for end in _BESIDE:
            part = new.with_name(new.name + end)
            if part.exists():
                part.rename(damaged.with_name(damaged.name + end))
        return kept

    def _set_aside(self, damaged: Path) -> str:
        """Give the file another name, which is returned."""
        kept = f"{damaged.name}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(self._clock()))}"
        for end in _BESIDE:
            part = damaged.with_name(damaged.name + end)
            if part.exists():
                part.rename(damaged.with_name(kept + end))
        return kept

    def _take_over_documents(self) -> None:
        """Enter into the catalog what only the vector store knows."""
        catalog = Catalog.open(self._places.catalog)
        try:
            taken = sum(self._taken_over(catalog, stored) for stored in chroma_sql.documents(self._places.chroma))
        finally:
            catalog.close()
        self._say(
            f"{taken} documents were entered into the catalog from the vector store. Their sizes and hashes are not "
            "known there, and neither are keys, settings and background uploads: make new keys."
        )

    def _taken_over(self, catalog: Catalog, stored: chroma_sql.StoredDocument) -> bool:
        client_id = _client(stored.collection)
        if client_id is None or catalog.document_owner(stored.document_id) is not None:
            return False
        catalog.begin_document(self._record(client_id, stored))
        catalog.finish_document(client_id, stored.document_id)
        return True

    def _record(self, client_id: ClientId, stored: chroma_sql.StoredDocument) -> DocumentRecord:
        return DocumentRecord(
            document_id=stored.document_id,
            client_id=client_id,
            filename=stored.source,
            kind=Path(stored.source).suffix.removeprefix(".").lower() or "txt",
            sha256="",
            size_bytes=0,
            pages=stored.pages,
            characters=stored.characters,
            chunk_count=stored.chunks,
            chunk_size=0,
            chunk_overlap=0,
            warnings=("This record was made again from the stored text.",),
            status="indexing",
            created_at=self._clock(),
            updated_at=self._clock(),
        )


def _client(collection: str) -> ClientId | None:
    prefix = collection_name(ClientId(""))
    try:
        return parse_client_id(collection.removeprefix(prefix)) if collection.startswith(prefix) else None
    except InvalidInput:
        return None


def _remove(path: Path) -> None:
    for end in _BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)
