"""`doctor`: say what is wrong with the data of a stopped service, and mend it."""

from collections.abc import Callable
from functools import partial

from app.bootstrap import open_services
from app.common.errors import AppError, StartupError
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files, hold_folders
from app.service import Services
from app.services.catalog.store import Catalog
from app.services.upkeep.inspection import ClientState, Inspection, inspect

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

    Without `repair` nothing is changed. `discard` removes what `repair` cannot mend: documents that lack chunks, and
    texts that the catalog does not know. Raises StartupError when the service is running,
    or was never started on these folders.
    """
    found = _inspect(settings)
    _report(found, say, every_client=every_client)
    if repair and not found.sound:
        with opener(settings) as services:
            _mend(services, found, say)
        found = _inspect(settings)
        if discard and not found.sound:
            with opener(settings) as services:
                _discard(services, found, say)
            found = _inspect(settings)
        _report_end(found, say)
    return found.sound


def _inspect(settings: Settings) -> Inspection:
    files = data_files(settings)
    if not files.catalog.exists():
        raise StartupError(f"There is no catalog in {settings.data_path}: check DATA_PATH, or start the service once.")
    with hold_folders(settings):
        catalog = Catalog.open(files.catalog)
        try:
            return inspect(
                catalog,
                settings.vector_store_path,
                words=files.words,
                spool=files.spool,
                marker=files.compaction_marker,
            )
        finally:
            catalog.close()


def _report(found: Inspection, say: Say, *, every_client: bool) -> None:
    documents = sum(len(client.recorded) for client in found.clients)
    chunks = sum(sum(client.recorded.values()) for client in found.clients)
    say(f"{len(found.clients)} clients, {documents} documents, {chunks} chunks in the catalog.")
    shown = found.clients if every_client or len(found.clients) <= SHOWN_CLIENTS else found.unsound
    for client in shown:
        say(_line(client))
    for sentence in _sentences(found):
        say(sentence)
    if found.older_documents:
        say(
            f"{found.older_documents} documents were stored by an earlier version: they answer, but are found less "
            "well until `rag reembed` has brought them up, or they are uploaded again."
        )
    if found.sound:
        say("All is well.")


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
    counted = [
        (len(found.unsound), "clients have something wrong"),
        (len(found.orphan_collections), "collections belong to no client in the catalog"),
        (len(found.orphan_folders), "index folders belong to no collection"),
        (len(found.unfinished), "documents were being written or deleted when the service ended"),
        (found.spool_files, "uploaded files were left behind"),
        (found.orphan_words, "indexes of words belong to no client in the catalog"),
        (int(found.compaction_due), "compaction of deleted data is due"),
    ]
    return [f"{count} {what}." for count, what in counted if count]


def _report_end(found: Inspection, say: Say) -> None:
    if found.sound:
        say("Now all is well.")
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
        (len(found.orphan_folders), "index folders removed"),
        (found.spool_files, "uploaded files removed"),
        (found.orphan_words, "indexes of words removed"),
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
    for client_id in [each for each in store.client_ids() if catalog.client(each) is None]:
        if _worked(say, client_id, partial(store.delete_collection, client_id)):
            say(f"Collection of {client_id}, which the catalog does not know, removed.")
    for client in found.unsound:
        for document_id in client.unknown:
            if _worked(say, client.client_id, partial(store.delete_document, client.client_id, document_id)):
                say(f"Document {document_id} of {client.client_id}, which the catalog does not know, removed.")
        for document_id in client.incomplete:
            if _worked(
                say, client.client_id, partial(services.internals.library.remove, client.client_id, document_id)
            ):
                say(f"Document {document_id} of {client.client_id}, which lacks chunks, removed.")
    _compact(services, say)


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
