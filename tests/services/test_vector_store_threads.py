"""The vector store under many threads."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress

from app.common.errors import AppError, NotFound
from app.common.ids import ClientId
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_parts import ALPHA, add, ask
from tests.services.vector_store_writer import embed_chunks


class Workers:
    """Threads that note what goes wrong in them."""

    def __init__(self) -> None:
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except (AppError, AssertionError, ValueError, OSError) as exc:
                self._failures.append(exc)

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def join(self) -> list[BaseException]:
        for thread in self._threads:
            thread.join()
        return self._failures


def test_many_threads_search_write_rebuild_and_scrub_at_once(store: VectorStoreService) -> None:
    clients = [ClientId(f"client-{number}") for number in range(2)]
    kept = {client: add(store, client, "kept", 12) for client in clients}

    def write() -> None:
        for turn, client in itertools.product(range(2), clients):
            name = f"more-{turn}-{threading.get_ident()}"
            add(store, client, name, 20)
            assert store.delete_document(client, name) == 20

    def read() -> None:
        for turn, client in itertools.product(range(12), clients):
            assert ask(store, client, kept[client][turn].text, 1) == [f"kept:{turn}"]

    def maintain() -> None:
        for client in clients:
            store.rebuild(client, embed_chunks)
            store.scrub()

    workers = Workers()
    for work in (write, write, read, read, maintain):
        workers.start(work)
    assert workers.join() == []
    assert {store.count(client) for client in clients} == {12}


def test_a_search_while_its_client_is_deleted_answers_or_is_not_found(store: VectorStoreService) -> None:
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            with suppress(NotFound):
                ask(store, ALPHA, "passage 1 of doc")

    workers = Workers()
    for _ in range(3):
        workers.start(search)
    for _ in range(5):
        add(store, ALPHA, "doc", 20)
        store.delete_collection(ALPHA)
    done.set()
    assert workers.join() == []
