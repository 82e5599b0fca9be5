"""What every store promises of feedback: a backend's test class inherits from this and makes the store."""

import pytest

from app.common.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import Message, SessionStore
from app.memory.feedback import FeedbackCounts, Opinion, RatedAnswer
from tests.memory.conftest import Clock
from tests.memory.contract import ANNA, BERT, say

GOOD, BAD = Opinion("up"), Opinion("down", "freshness", "Since May it is five years.")


class FeedbackContract:
    """A subclass has a fixture `store`: a new, empty store with a time to live of 60 seconds by the fixture `clock`."""

    def test_messages_are_named_as_their_turn_was(self, store: SessionStore, clock: Clock) -> None:
        first = store.append_turn(ANNA, "s1", "Q?", "A.")
        clock.advance(1)
        second = store.append_turn(ANNA, "s1", "And?", "So.")
        named = [message.message_id for message in store.messages(ANNA, "s1").messages]
        assert [named[1], named[3]] == [first.message_id, second.message_id]
        assert [turn.message_id for turn in store.history(ANNA, "s1")] == [named[1], named[3]]
        assert [message.message_id for message in store.export(ANNA, "s1").messages] == named
        assert len({*named, *(m.message_id for m in _said(store, BERT, "s1"))}) == 6
        store.delete(ANNA, "s1")
        clock.advance(1)
        assert {m.message_id for m in _said(store, ANNA, "s1")}.isdisjoint(named)

    def test_feedback_is_read_back_and_replaced(self, store: SessionStore, clock: Clock) -> None:
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        with pytest.raises(NotFound, match="Nobody"):
            store.feedback.find(ANNA, "s1", answer)
        given = store.feedback.put(ANNA, "s1", answer, BAD)
        assert (given.message_id, given.opinion, given.created_at, given.updated_at) == (
            answer, BAD, clock.now, clock.now,
        )  # fmt: skip
        clock.advance(5)
        store.feedback.put(ANNA, "s1", answer, GOOD)
        found = store.feedback.find(ANNA, "s1", answer)
        assert (found.opinion, found.created_at, found.updated_at) == (GOOD, clock.now - 5, clock.now)
        assert [message.rating for message in store.messages(ANNA, "s1").messages] == [None, "up"]
        store.feedback.remove(ANNA, "s1", answer)
        for touch in (store.feedback.find, store.feedback.remove):
            with pytest.raises(NotFound, match="Nobody"):
                touch(ANNA, "s1", answer)

    @pytest.mark.parametrize("wrong", ["", "1", "msg_1", "msg_0000000000000000_2", "msg_0000000000000000_" + "9" * 10])
    def test_what_is_no_answer_of_the_session_has_no_feedback(self, store: SessionStore, wrong: str) -> None:
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        question = store.messages(ANNA, "s1").messages[0].message_id
        say(store, ANNA, "s2")
        say(store, BERT, "s1")
        places = [(ANNA, "s1", wrong), (ANNA, "s1", question), (ANNA, "s2", answer), (BERT, "s1", answer)]
        for client, session, name in [*places, (ANNA, "nowhere", answer), (BERT, "s2", answer)]:
            with pytest.raises(NotFound):
                store.feedback.put(client, session, name, GOOD)
            for touch in (store.feedback.find, store.feedback.remove):
                with pytest.raises(NotFound):
                    touch(client, session, name)
        assert store.feedback.counts(ANNA) == store.feedback.counts(BERT) == FeedbackCounts()

    def test_a_clients_feedback_is_listed_last_first_page_by_page(self, store: SessionStore, clock: Clock) -> None:
        for number in range(7):
            turn = store.append_turn(ANNA, "s:1", f"q{number}", f"a{number}", sources=[{"page": number}])
            store.feedback.put(ANNA, "s:1", turn.message_id, BAD if number % 3 else GOOD)
            other = store.append_turn(BERT, "s:1", "secret", "secret")
            store.feedback.put(BERT, "s:1", other.message_id, BAD)
            clock.advance(number % 2)
        seen: list[RatedAnswer] = []
        cursor = None
        while True:
            page = store.feedback.list(ANNA, limit=3, cursor=cursor)
            seen += page.answers
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [rated.question for rated in seen] == [f"q{number}" for number in range(6, -1, -1)]
        assert [rated.answer for rated in seen] == [f"a{number}" for number in range(6, -1, -1)]
        assert (seen[0].session_id, seen[0].sources, seen[0].feedback.opinion) == ("s:1", [{"page": 6}], GOOD)
        named = store.feedback.find(ANNA, "s:1", seen[0].feedback.message_id)
        assert named == seen[0].feedback
        down = store.feedback.list(ANNA, limit=50, rating="down").answers
        assert [rated.question for rated in down] == ["q5", "q4", "q2", "q1"]
        assert store.feedback.counts(ANNA) == FeedbackCounts(up=3, down=4)

    @pytest.mark.parametrize("cursor", ["", "x", "0x1p+0:x:s1", "0x1p+0:²:s1", f"0x1p+0:{'9' * 30}:s1", "nope:1:s1"])
    def test_a_cursor_of_somebody_elses_making_is_refused(self, store: SessionStore, cursor: str) -> None:
        with pytest.raises(InvalidInput, match="next_cursor"):
            store.feedback.list(ANNA, limit=5, cursor=cursor)

    def test_feedback_goes_with_its_session_and_its_client(self, store: SessionStore, clock: Clock) -> None:
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        store.feedback.put(ANNA, "s1", answer, BAD)
        store.feedback.put(BERT, "s1", store.append_turn(BERT, "s1", "Q?", "A.").message_id, GOOD)
        store.delete(ANNA, "s1")
        assert store.feedback.counts(ANNA) == FeedbackCounts()
        again = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        store.feedback.put(ANNA, "s1", again, BAD)
        store.delete_client(ANNA)
        assert (store.feedback.counts(ANNA), store.feedback.counts(BERT)) == (FeedbackCounts(), FeedbackCounts(up=1))
        clock.advance(60)
        assert store.feedback.list(BERT, limit=5).answers == ()
        with pytest.raises(NotFound):
            store.feedback.find(BERT, "s1", answer)
        store.cleanup()
        assert store.feedback.counts(BERT) == FeedbackCounts()

    def test_comments_count_as_stored_bytes(self, store: SessionStore) -> None:
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        for size in (3_000_000, 2_000_000):
            store.feedback.put(ANNA, "s1", answer, Opinion("up", comment="x" * size))
        assert 1.9 < store.get_stats(ANNA)["database_size_mb"] < 2
        store.feedback.remove(ANNA, "s1", answer)
        assert store.get_stats(ANNA)["database_size_mb"] < 0.1

    def test_who_may_not_write_any_more_rates_nothing(self, store: SessionStore) -> None:
        def refuse() -> None:
            raise NotAuthenticated("The key was revoked.")

        begun = Standing()
        store.delete_client(ANNA)
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        with pytest.raises(Conflict, match="erased"):
            store.feedback.put(ANNA, "s1", answer, GOOD, standing=begun)
        with pytest.raises(NotAuthenticated):
            store.feedback.put(ANNA, "s1", answer, GOOD, standing=Standing(require=refuse))
        assert store.feedback.counts(ANNA) == FeedbackCounts()

    def test_a_comment_may_hold_any_character(self, store: SessionStore) -> None:
        answer = store.append_turn(ANNA, "s1", "Q?", "A.").message_id
        store.feedback.put(ANNA, "s1", answer, Opinion("down", comment="Ünï\0 漢字 🙂 '; --"))
        assert store.feedback.find(ANNA, "s1", answer).opinion.comment == "Ünï\ufffd 漢字 🙂 '; --"


def _said(store: SessionStore, client: ClientId, session: str) -> list[Message]:
    say(store, client, session)
    return list(store.messages(client, session).messages)
