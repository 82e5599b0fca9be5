"""What every session store promises: a backend's test class inherits from this and makes the store."""

import base64

import pytest

from app.common.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import SessionStore
from tests.memory.conftest import Clock

ANNA, BERT = ClientId("anna"), ClientId("bert")


def say(store: SessionStore, client: ClientId, session: str, count: int = 1, *, word: str = "turn") -> None:
    for number in range(count):
        store.append_turn(client, session, f"{word} {number}?", f"{word} {number}!")


def questions(store: SessionStore, client: ClientId, session: str, **limits: int) -> list[str]:
    return [turn.question for turn in store.history(client, session, **limits)]


class SessionStoreContract:
    """A subclass has a fixture `store`: a new, empty store with a time to live of 60 seconds by the fixture `clock`."""

    def test_a_turn_is_read_back_with_its_sources(self, store: SessionStore) -> None:
        sources = [{"page": 3, "content": "Ünïcödé 漢字 🙂"}]
        turn = store.append_turn(ANNA, "s1", "Q?", "A.", sources=sources, extra={"cut_off": True})
        question, answer = store.messages(ANNA, "s1").messages
        assert (question.role, question.content, question.number, question.sources) == ("user", "Q?", 1, ())
        assert (answer.role, answer.content, answer.number, answer.sources) == ("assistant", "A.", 2, sources)
        assert (answer.id, answer.turn, answer.extra) == (turn.last_id, 1, {"cut_off": True})

    def test_an_unknown_session_has_no_history(self, store: SessionStore) -> None:
        assert store.history(ANNA, "nowhere") == []

    def test_history_gives_the_latest_turns_oldest_first(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 5)
        assert questions(store, ANNA, "s1", max_turns=2) == ["turn 3?", "turn 4?"]
        assert questions(store, ANNA, "s1", max_turns=0) == []
        assert len(store.history(ANNA, "s1")) == 5

    def test_history_keeps_within_its_tokens(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 5)
        each = store.history(ANNA, "s1")[0].tokens
        assert len(store.history(ANNA, "s1", max_tokens=3 * each)) == 3
        assert len(store.history(ANNA, "s1", max_tokens=3 * each - 1)) == 2
        assert store.history(ANNA, "s1", max_tokens=each - 1) == []

    def test_history_reaches_beyond_what_memory_holds(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 100)
        assert questions(store, ANNA, "s1") == [f"turn {number}?" for number in range(100)]
        assert questions(store, ANNA, "s1", max_turns=70)[0] == "turn 30?"

    def test_turns_between_two_others(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 9)
        assert [turn.number for turn in store.turns(ANNA, "s1", after=2, before=8, limit=3)] == [3, 4, 5]
        assert [turn.number for turn in store.turns(ANNA, "s1", after=6, before=8, limit=3)] == [7]
        assert store.turns(BERT, "s1", after=0, before=8, limit=3) == []

    def test_text_that_is_not_unicode_is_refused_and_nothing_is_stored(self, store: SessionStore) -> None:
        with pytest.raises(InvalidInput):
            store.append_turn(ANNA, "s1", "half \ud83d", "A.")
        assert store.get_stats()["total_messages"] == 0

    def test_a_turn_whose_answer_cannot_be_stored_leaves_nothing(self, store: SessionStore) -> None:
        say(store, ANNA, "s1")
        with pytest.raises(TypeError):
            store.append_turn(ANNA, "s1", "Q?", "A.", sources=[{"not json": object()}])
        assert store.info(ANNA, "s1").message_count == 2
        assert len(store.messages(ANNA, "s1").messages) == 2

    def test_messages_are_paged_forwards_and_backwards(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 3)
        first = store.messages(ANNA, "s1", limit=4)
        assert ([m.number for m in first.messages], first.has_more) == ([1, 2, 3, 4], True)
        second = store.messages(ANNA, "s1", after=4, limit=4)
        assert ([m.number for m in second.messages], second.has_more) == ([5, 6], False)
        before = store.messages(ANNA, "s1", before=5, limit=2)
        assert ([m.number for m in before.messages], before.has_more) == ([3, 4], True)
        between = store.messages(ANNA, "s1", after=1, before=4)
        assert ([m.number for m in between.messages], between.has_more) == ([2, 3], False)

    def test_sessions_are_listed_latest_first_page_by_page(self, store: SessionStore, clock: Clock) -> None:
        for number in range(7):
            say(store, ANNA, f"s{number}")
            say(store, BERT, f"b{number}")
            clock.advance(1 if number % 2 else 0)
        seen: list[str] = []
        cursor = None
        while True:
            page = store.list_sessions(ANNA, limit=3, cursor=cursor)
            seen += [session.session_id for session in page.sessions]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(seen) == [f"s{number}" for number in range(7)]
        assert seen[0] == "s6"
        assert store.active_ids(ANNA) == seen
        assert len(store.active_ids()) == 14
        assert store.active_ids(limit=3) == store.active_ids()[:3]
        assert {session.client_id for session in store.list_sessions().sessions} == {ANNA, BERT}

    @pytest.mark.parametrize("cursor", ["", "x", "????", "bm8", base64.b64encode(b'["a", 1, 2]').decode(), "é", "WzFd"])
    def test_a_cursor_of_somebody_elses_making_is_refused(self, store: SessionStore, cursor: str) -> None:
        with pytest.raises(InvalidInput, match="next_cursor"):
            store.list_sessions(ANNA, cursor=cursor)

    def test_two_clients_may_each_have_a_session_of_one_name(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 2, word="secret")
        say(store, BERT, "s1", 1, word="other")
        assert questions(store, BERT, "s1") == ["other 0?"]
        assert questions(store, ANNA, "s1") == ["secret 0?", "secret 1?"]
        assert store.info(BERT, "s1").message_count == 2
        store.delete(BERT, "s1")
        assert store.info(ANNA, "s1").message_count == 4
        assert len(store.messages(ANNA, "s1").messages) == 4

    def test_another_clients_session_is_not_there(self, store: SessionStore) -> None:
        say(store, ANNA, "s1")
        last = store.history(ANNA, "s1")[-1].last_id
        assert store.history(BERT, "s1") == []
        assert store.summary(BERT, "s1") is None
        assert not store.put_summary(BERT, "s1", "mine", up_to=last, replaces=None)
        for touch in (store.info, store.messages, store.export, store.delete):
            with pytest.raises(NotFound):
                touch(BERT, "s1")
        with pytest.raises(NotFound):
            store.set_title(BERT, "s1", "mine")
        assert store.export(ANNA, "s1").session.title is None

    def test_the_owner_of_a_session_can_be_asked_for(self, store: SessionStore, clock: Clock) -> None:
        say(store, ANNA, "s1")
        assert store.owner_of("s1") == ANNA
        with pytest.raises(NotFound):
            store.owner_of("s2")
        say(store, BERT, "s1")
        with pytest.raises(Conflict, match="client_id"):
            store.owner_of("s1")
        clock.advance(61)
        say(store, BERT, "s1")
        assert store.owner_of("s1") == BERT

    def test_a_clients_figures_do_not_move_with_anothers(self, store: SessionStore, clock: Clock) -> None:
        say(store, ANNA, "s1", 3)
        before = store.get_stats(ANNA)
        say(store, BERT, "s1", 200)
        say(store, BERT, "s2")
        clock.advance(1)
        store.delete(BERT, "s2")
        assert store.get_stats(ANNA) == before

    def test_an_expired_session_is_gone_and_starts_empty(self, store: SessionStore, clock: Clock) -> None:
        say(store, ANNA, "s1", 3)
        store.set_title(ANNA, "s1", "old")
        clock.advance(60)
        assert store.history(ANNA, "s1") == []
        assert store.info(ANNA, "s1").is_expired
        assert store.active_ids() == []
        for touch in (store.messages, store.export):
            with pytest.raises(NotFound):
                touch(ANNA, "s1")
        say(store, ANNA, "s1", word="new")
        assert questions(store, ANNA, "s1") == ["new 0?"]
        info = store.info(ANNA, "s1")
        assert (info.message_count, info.title, info.is_expired) == (2, None, False)
        assert store.get_stats()["total_messages"] == 2

    def test_each_turn_prolongs_its_session(self, store: SessionStore, clock: Clock) -> None:
        say(store, ANNA, "s1")
        created = clock.now
        clock.advance(59)
        say(store, ANNA, "s1")
        clock.advance(59)
        assert len(store.history(ANNA, "s1")) == 2
        info = store.info(ANNA, "s1")
        assert (info.created_at, info.last_accessed, info.expires_at) == (created, created + 59, created + 119)

    def test_cleanup_removes_the_expired_sessions_only(self, store: SessionStore, clock: Clock) -> None:
        for number in range(250):
            say(store, ANNA, f"old{number}")
        say(store, BERT, "long", 600)
        clock.advance(30)
        say(store, ANNA, "young", 2)
        clock.advance(30)
        assert store.get_stats()["expired_sessions"] == 251
        removed = store.cleanup()
        assert (removed.sessions, removed.messages) == (251, 500 + 1200)
        assert store.active_ids() == ["young"]
        assert store.get_stats()["total_messages"] == 4
        assert store.get_stats(BERT)["total_sessions"] == 0
        assert store.cleanup().sessions == 0

    def test_deleting_a_client_leaves_the_others(self, store: SessionStore) -> None:
        for number in range(120):
            say(store, ANNA, f"s{number}")
        say(store, BERT, "s1")
        assert (store.delete_client(ANNA).sessions, store.delete_client(ANNA).sessions) == (120, 0)
        assert questions(store, BERT, "s1") == ["turn 0?"]
        assert store.list_sessions(ANNA).sessions == ()
        stats = store.get_stats()
        assert (stats["total_sessions"], stats["total_messages"]) == (1, 2)
        assert store.compact()

    def test_a_deleted_session_is_gone_with_all_that_hangs_on_it(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 2)
        last = store.history(ANNA, "s1")[-1].last_id
        assert store.put_summary(ANNA, "s1", "summary", up_to=last, replaces=None)
        removed = store.delete(ANNA, "s1")
        assert (removed.sessions, removed.messages) == (1, 4)
        assert (store.history(ANNA, "s1"), store.summary(ANNA, "s1")) == ([], None)
        with pytest.raises(NotFound):
            store.delete(ANNA, "s1")

    def test_what_belongs_to_an_erased_client_comes_too_late(self, store: SessionStore) -> None:
        begun = Standing()
        say(store, ANNA, "s1")
        store.delete_client(ANNA)
        with pytest.raises(Conflict, match="erased"):
            store.append_turn(ANNA, "s1", "Q?", "A.", standing=begun)
        assert store.history(ANNA, "s1") == []
        store.append_turn(ANNA, "s1", "Q?", "A.", standing=Standing())
        store.append_turn(BERT, "s1", "Q?", "A.", standing=begun)
        assert store.get_stats()["total_sessions"] == 2
        with pytest.raises(Conflict, match="erased"):
            store.set_title(ANNA, "s1", "Of the life before", standing=begun)
        assert store.info(ANNA, "s1").title != "Of the life before"

    def test_who_may_not_write_any_more_stores_nothing(self, store: SessionStore) -> None:
        def refuse() -> None:
            raise NotAuthenticated("The key was revoked.")

        say(store, ANNA, "s1")
        revoked = Standing(require=refuse)
        with pytest.raises(NotAuthenticated):
            store.append_turn(ANNA, "s1", "Q?", "A.", standing=revoked)
        with pytest.raises(NotAuthenticated):
            store.set_title(ANNA, "s1", "A title", standing=revoked)
        assert len(store.history(ANNA, "s1")) == 1

    def test_stats_count_sessions_messages_and_bytes(self, store: SessionStore, clock: Clock) -> None:
        assert store.get_stats()["avg_messages_per_session"] == 0.0
        say(store, ANNA, "s1", 3)
        clock.advance(30)
        say(store, BERT, "s1", 1)
        clock.advance(40)
        stats = store.get_stats()
        assert stats["total_sessions"] == 2
        assert stats["active_sessions"] == 1
        assert stats["expired_sessions"] == 1
        assert stats["total_messages"] == 8
        assert stats["avg_messages_per_session"] == 4.0
        assert stats["database_size_mb"] > 0
        store.append_turn(ANNA, "big", "x" * 2_000_000, "y", sources=[{"content": "z" * 1_000_000}])
        assert 2.8 < store.get_stats(ANNA)["database_size_mb"] < 2.9

    def test_a_session_can_be_named_and_renamed(self, store: SessionStore) -> None:
        say(store, ANNA, "s1")
        assert store.set_title(ANNA, "s1", "Rent").title == "Rent"
        assert store.list_sessions(ANNA).sessions[0].title == "Rent"
        assert store.set_title(ANNA, "s1", None).title is None

    def test_a_summary_replaces_only_the_one_that_it_was_made_from(self, store: SessionStore) -> None:
        say(store, ANNA, "s1", 3)
        first, second, _ = (turn.last_id for turn in store.history(ANNA, "s1"))
        assert store.put_summary(ANNA, "s1", "one", up_to=first, replaces=None)
        assert not store.put_summary(ANNA, "s1", "late", up_to=second, replaces=None)
        assert store.put_summary(ANNA, "s1", "two", up_to=second, replaces=first)
        assert not store.put_summary(ANNA, "s1", "late", up_to=second, replaces=first)
        summary = store.summary(ANNA, "s1")
        assert summary is not None
        assert (summary.text, summary.up_to, summary.up_to_turn) == ("two", second, 2)

    def test_a_summary_never_reaches_a_session_begun_anew(self, store: SessionStore, clock: Clock) -> None:
        say(store, ANNA, "s1", 3)
        last = store.history(ANNA, "s1")[-1].last_id
        store.delete(ANNA, "s1")
        say(store, ANNA, "s1", 3, word="new")
        assert not store.put_summary(ANNA, "s1", "of the old one", up_to=last, replaces=None)
        say(store, ANNA, "s2")
        assert store.put_summary(ANNA, "s2", "s", up_to=store.history(ANNA, "s2")[-1].last_id, replaces=None)
        clock.advance(61)
        assert store.summary(ANNA, "s2") is None
