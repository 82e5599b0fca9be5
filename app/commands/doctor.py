"""`doctor`: say what is wrong with the data of a stopped service, and mend it."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from app.bootstrap import open_services
from app.commands.older_documents import report_older
from app.common.database_errors import startup_errors
from app.common.errors import AppError, StartupError
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files, database_places, hold_folders
from app.service import Services
from app.services.catalog.store import Catalog
from app.services.upkeep.database_repair import Mender
from app.services.upkeep.databases import Trouble, look_at, small_troubles, troubles
from app.services.upkeep.inspection import ClientState, Inspection, inspect
from app.services.vector_store import VectorStoreService

Say = Callable[[str], None]

SHOWN_CLIENTS = 50


def doctor(
    settings: Settings,
    say: Say,
    *,
    repair: bool = False,
    discard: bool = False,
    every_client: bool = False,
    opener: Callable[[Settings], Services] = open_services,
) -> bool:
    """Report on the data, and mend it with `repair`; return whether all is well at the end.

    First the databases as such, then what is in them. Without `repair` nothing is changed. `discard` removes what
    `repair` cannot mend: documents that lack chunks, and texts that the catalog does not know; a database of which
    nothing can be read it sets aside. Raises StartupError when the service is running, or never was on these folders.
    """
    wrong = _look_at_databases(settings, say)
    if wrong and repair:
        _mend_databases(settings, wrong, say, discard=discard)
        wrong = _look_at_databases(settings, say)
    if any(map(_hinders_comparing, wrong)):
        say("Catalog and vector store cannot be compared before that.")
        return False
    # The service that mends the rest cannot be opened on databases that are not in order.
    visit = _Visit(repair and not wrong, discard, every_client, opener)
    sound = _compare(settings, say, visit) and not wrong
    if sound:
        say("All is well.")
    return sound


def _hinders_comparing(trouble: Trouble) -> bool:
    if trouble.store == "catalog":
        return trouble.kind != "miscounted"
    return trouble.store == "vector store" and trouble.kind in ("damaged", "unreadable")


@dataclass(frozen=True, slots=True)
class _Visit:
    """What was asked for; see `doctor`."""

    repair: bool
    discard: bool
    every_client: bool
    opener: Callable[[Settings], Services]


def _look_at_databases(settings: Settings, say: Say) -> list[Trouble]:
    places = database_places(settings)
    found = look_at(places, thorough=True)
    wrong = list(troubles(places, found))
    if found.catalog == "absent" and not wrong:
        raise StartupError(f"There is no catalog in {settings.data_path}: check DATA_PATH, or start the service once.")
    with hold_folders(settings):
        if not wrong:
            wrong = list(small_troubles(places, found))
    for trouble in wrong:
        say(trouble.sentence)
    if found.sessions == "absent" and found.clients:
        say("There is no database of conversations: the next start begins a new one.")
    return wrong


def _mend_databases(settings: Settings, wrong: Sequence[Trouble], say: Say, *, discard: bool) -> None:
    mender = Mender(database_places(settings), say, discard=discard)
    with hold_folders(settings):
        for trouble in wrong:
            mender.mend(trouble)


def _compare(settings: Settings, say: Say, visit: _Visit) -> bool:
    """Report whether the catalog agrees with the vector store, and mend that; return whether it does at the end."""
    found = inspected(settings)
    _report(found, say, every_client=visit.every_client)
    report_older(found, settings, say)
    if visit.repair and not found.sound:
        with visit.opener(settings) as services:
            _mend(services, found, say)
        found = inspected(settings)
        if visit.discard and not found.sound:
            with visit.opener(settings) as services:
                _discard(services, found, say)
            found = inspected(settings)
        _report_end(found, say)
    return found.sound


def inspected(settings: Settings) -> Inspection:
    """Look at the data of a stopped service. Raises StartupError when it cannot be opened, or somebody has it open."""
    files = data_files(settings)
    with hold_folders(settings), startup_errors(), closing(Catalog.open(files.catalog)) as catalog:
        return inspect(
            catalog,
            settings.vector_store_path,
            words=files.words,
            tables=files.tables,
            spool=files.spool,
            marker=files.compaction_marker,
        )


def _report(found: Inspection, say: Say, *, every_client: bool) -> None:
    documents = sum(len(client.recorded) for client in found.clients)
    chunks = sum(sum(client.recorded.values()) for client in found.clients)
    say(f"{len(found.clients)} clients, {documents} documents, {chunks} chunks in the catalog.")
    shown = found.clients if every_client or len(found.clients) <= SHOWN_CLIENTS else found.unsound
    for client in shown:
        say(_line(client))
    for sentence in _sentences(found):
        say(sentence)
    if found.sound:
        say("Catalog and vector store agree.")


def _line(client: ClientState) -> str:
    parts = [
        f"  {client.client_id}: documents {len(client.recorded)} recorded, {len(client.stored)} stored;",
        f"chunks {sum(client.recorded.values())} recorded, {sum(client.stored.values())} stored;",
        f"index {client.index}, words {client.words}",
    ]
    if client.incomplete:
        parts.append(f"- not whole: {', '.join(client.incomplete)}")
    if client.unknown:
        parts.append(f"- not in the catalog: {', '.join(client.unknown)}")
    if client.unindexed:
        parts.append(f"- words not as in the catalog: {', '.join(client.unindexed)}")
    return " ".join(parts)


def _sentences(found: Inspection) -> list[str]:
    unknown = sum(client.index == "unknown" for client in found.clients)
    counted = [
        (len(found.unsound), "clients have something wrong"),
        (len(found.orphan_collections), "collections belong to no client in the catalog"),
        (len(found.orphan_folders), "index folders belong to no collection; `--repair --discard` removes them"),
        (unknown, "indexes are of a format that this version does not know: run the version that wrote them"),
        (len(found.unfinished), "documents were being written or deleted when the service ended"),
        (found.spool_files, "uploaded files were left behind"),
        (found.orphan_words, "indexes of words belong to no client in the catalog"),
        (found.orphan_tables, "files of tables belong to no document in the catalog"),
        (int(found.compaction_due), "compaction of deleted data is due"),
    ]
    return [f"{count} {what}." for count, what in counted if count]


def _report_end(found: Inspection, say: Say) -> None:
    if found.sound:
        say("Catalog and vector store agree now.")
        return
    say("Still wrong:")
    for line in [_line(client) for client in found.unsound] + _sentences(found):
        say(line)
    say("What lacks chunks has to be uploaded again, what the catalog does not know was restored from elsewhere or is")
    say("left over: `doctor --repair --discard` removes both.")


def _mend(services: Services, found: Inspection, say: Say) -> None:
    """Do what opening the services has not done already, and say what was done by either."""
    for count, what in (
        (len(found.unfinished), "unfinished documents taken back"),
        (found.spool_files, "uploaded files removed"),
        (found.orphan_words, "indexes of words removed"),
        (found.orphan_tables, "files of tables removed"),
    ):
        if count:
            say(f"{count} {what}.")
    store = services.vector_store_service
    for client in found.unsound:
        if client.index != "ok" and _worked(say, client.client_id, partial(store.check, client.client_id)):
            services.internals.repairer.repair_due()
            if client.client_id not in store.damaged():
                say(f"Index of {client.client_id} rebuilt from its texts.")
    _mend_words(services, found, say)
    _compact(services, say)


def _mend_words(services: Services, found: Inspection, say: Say) -> None:
    library = services.internals.library
    wanting = [client.client_id for client in found.unsound if not client.words_sound]
    for client_id in wanting:
        library.note_stale(client_id)
        if _worked(say, client_id, partial(library.resume_client, client_id)):
            say(f"Words of {client_id} indexed again from its texts.")


def _discard(services: Services, found: Inspection, say: Say) -> None:
    catalog, store = services.internals.catalog, services.vector_store_service
    services.internals.compactor.note()
    if isinstance(store, VectorStoreService) and (removed := store.discard_unknown_indexes()):
        say(f"{removed} index folders of no collection removed.")
    for client_id in [each for each in store.client_ids() if catalog.client(each) is None]:
        if _worked(say, client_id, partial(store.delete_collection, client_id)):
            say(f"Collection of {client_id}, which the catalog does not know, removed.")
    for client in found.unsound:
        _discard_documents(services, client, say)
    _compact(services, say)


def _discard_documents(services: Services, client: ClientState, say: Say) -> None:
    store, library = services.vector_store_service, services.internals.library
    for document_id in client.unknown:
        if _worked(say, client.client_id, partial(store.delete_document, client.client_id, document_id)):
            say(f"Document {document_id} of {client.client_id}, which the catalog does not know, removed.")
    for document_id in client.incomplete:
        if _worked(say, client.client_id, partial(library.remove, client.client_id, document_id)):
            say(f"Document {document_id} of {client.client_id}, which lacks chunks, removed.")


def _compact(services: Services, say: Say) -> None:
    if services.internals.compactor.due:
        report = services.internals.compactor.run()
        say(f"Deleted data compacted away: {report.bytes_before} bytes before, {report.bytes_after} after.")


def _worked(say: Say, client_id: ClientId, action: Callable[[], object]) -> bool:
    """Whether the action succeeded; if not it is said, and the others go on."""
    try:
        action()
    except AppError as exc:
        say(f"{client_id}: {exc.detail}")
        return False
    return True
