"""Deletions and compactions that fail or are cut short: nothing of them is forgotten."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from app.bootstrap import open_services
from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.config import Settings
from app.folders import data_files
from app.services.compaction import Compactor
from app.services.library.embedded import Beside, EmbeddedLibrary
from app.services.tables import TableStore
from app.services.vector_store import VectorStoreService
from app.services.words import WordStore
from tests.fakes import HashEmbeddings
from tests.waiting import wait_for


def _compactor(folder: Path, *steps: Callable[[], object]) -> Compactor:
    return Compactor(steps=steps, folders=[folder], marker=folder / "due")


@pytest.mark.parametrize("failure", ["a reader is in the way", "an error of the store", "an error of the disk"])
def test_what_fails_is_said_and_tried_again_behind(tmp_path: Path, failure: str) -> None:
    tries = []

    def step() -> bool:
        tries.append(1)
        if len(tries) > 1:
            return True
        if failure == "an error of the store":
            raise Unavailable("Busy; try again later.")
        if failure == "an error of the disk":
            raise OSError
        return False

    with _compactor(tmp_path, step) as compactor:
        with pytest.raises(Unavailable) as raised:
            compactor.run()
        assert raised.value.code == "compaction_unfinished"
        assert compactor.due
        wait_for(lambda: not compactor.due)
    assert len(tries) == 2


def test_folders_that_vanish_while_they_are_measured_do_no_harm(tmp_path: Path) -> None:
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for n in range(20):
                (tmp_path / f"folder-{n}").mkdir(exist_ok=True)
            for n in range(20):
                (tmp_path / f"folder-{n}").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        with _compactor(tmp_path, lambda: None) as compactor:
            for _ in range(50):
                compactor.run()
    finally:
        stop.set()
        thread.join()


class _Ended(Exception):
    """The process is no more."""


class _Ending(VectorStoreService):
    """Ends, as a process does, when it is to remove something."""

    @override
    def delete_collection(self, client_id: ClientId) -> bool:
        """See VectorStoreService."""
        raise _Ended


def test_a_deletion_that_does_not_come_to_its_end_leaves_a_compaction_due(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    due = data_files(settings).compaction_marker
    with open_services(settings, embedder=HashEmbeddings()) as services:
        path = tmp_path / "tide.txt"
        path.write_text("High tide is at seven.")
        services.ingest_file(path, ClientId("harbour"))
        store = _Ending(tmp_path / "another", cache_size=8, embedding_model="hash")
        ending = EmbeddedLibrary(
            catalog=services.internals.catalog,
            store=store,
            beside=Beside(WordStore(tmp_path / "words", open_files=2), TableStore(tmp_path / "tables")),
            compactor=services.internals.compactor,
        )
        assert not due.exists()
        with pytest.raises(_Ended):
            ending.remove_all(ClientId("harbour"))
        assert due.exists()
        assert len(services.internals.catalog.unfinished()) == 1
