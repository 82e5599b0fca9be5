"""What every session store promises to those who use it at the same time."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from app.common.ids import ClientId
from app.memory import Message, SessionStore
from tests.memory.conftest import Clock

CLIENTS = [ClientId(name) for name in ("anna", "bert", "carla")]
Another = Callable[[], SessionStore]


def dice(seed: int | str) -> random.Random:
    return random.Random(seed)


def assert_whole(messages: tuple[Message, ...]) -> None:
    """Numbers without gaps, each question directly before its own answer."""
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))
    for question, answer in zip(messages[::2], messages[1::2], strict=True):
        assert (question.role, answer.role) == ("user", "assistant")
        assert question.content.replace("q", "a") == answer.content


def disturb(store: SessionStore, die: random.Random, stop: threading.Event) -> None:
    while not stop.is_set():
        store.history(die.choice(CLIENTS), f"s{die.randrange(3)}", max_turns=die.randrange(1, 50))
        if die.random() < 0.1:
            store.cleanup()


def be_the_only_writer(stores: Sequence[SessionStore], client: ClientId, die: random.Random) -> None:
    """Change a client's sessions and compare, each time, with what must be in them."""
    expected: dict[str, list[str]] = {f"s{number}": [] for number in range(3)}
    for number in range(150):
        session, store = f"s{die.randrange(3)}", die.choice(stores)
        if expected[session] and die.random() < 0.15:
            store.delete(client, session)
            expected[session] = []
        else:
            store.append_turn(client, session, f"{client} {number}", "answer")
            expected[session].append(f"{client} {number}")
        for name, questions in expected.items():
            assert [turn.question for turn in die.choice(stores).history(client, name)] == questions


class AtOnceContract:
    """A subclass has the fixture `store`, and `another`, one more on the same data where there may be one."""

    def test_turns_of_requests_at_once_never_interleave(self, store: SessionStore, another: Another) -> None:
        stores = [store, another()]

        def talk(thread: int) -> None:
            store = stores[thread // 2 % 2]
            for number in range(25):
                store.append_turn(CLIENTS[thread % 2], "s1", f"q {thread} {number}", f"a {thread} {number}")
                turns = store.history(CLIENTS[thread % 2], "s1", max_turns=5)
                assert all(int(turn.question.split()[1]) % 2 == thread % 2 for turn in turns)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(talk, range(8)))
        for client in CLIENTS[:2]:
            conversation = store.export(client, "s1")
            assert_whole(conversation.messages)
            assert conversation.session.message_count == len(conversation.messages) == 200
        assert store.get_stats()["total_messages"] == 400

    def test_a_read_after_a_write_sees_it_whatever_else_goes_on(self, store: SessionStore, another: Another) -> None:
        stores = [store, another()]
        stop = threading.Event()
        with ThreadPoolExecutor(6) as pool:
            noise = [pool.submit(disturb, stores[seed % 2], dice(seed), stop) for seed in range(3)]
            owners = [pool.submit(be_the_only_writer, stores, client, dice(client)) for client in CLIENTS]
            try:
                for owner in owners:
                    owner.result(60)
            finally:
                stop.set()
            for disturbance in noise:
                disturbance.result(60)

    def test_turns_are_stored_while_a_cleanup_is_under_way(
        self, store: SessionStore, another: Another, clock: Clock
    ) -> None:
        for number in range(300):
            store.append_turn(CLIENTS[0], f"old{number}", "q", "a")
        clock.advance(61)
        with ThreadPoolExecutor(4) as pool:
            cleaning = pool.submit(another().cleanup)
            list(pool.map(lambda number: store.append_turn(CLIENTS[1], f"s{number}", "q", "a"), range(30)))
            assert cleaning.result().sessions == 300
        assert store.get_stats()["total_sessions"] == 30
