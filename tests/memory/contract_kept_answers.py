"""What every store promises of kept answers: a backend's test class inherits from this and makes the store."""

from dataclasses import replace

import pytest

from app.common.errors import Conflict, NotAuthenticated
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import SessionStore
from app.memory.kept_answers import LEASE_SECONDS, Claim, KeptAnswer
from app.memory.sql_kept_answers import Bounds, SqlKeptAnswers
from tests.memory.conftest import Clock
from tests.memory.contract import ANNA, BERT

DAY = 86400.0


def claim_of(number: int, owner: ClientId | None = ANNA, *, holder: str = "first", asked: bytes = b"asked") -> Claim:
    """A claim like those of requests, told apart by a number."""
    return Claim(f"name {number}".encode(), asked, owner, holder)


def keep(store: SessionStore, claim: Claim, about: ClientId | None = ANNA, sealed: bytes = b"sealed") -> None:
    store.kept_answers.keep(claim, KeptAnswer(about, sealed), seconds=DAY, standing=Standing())


class KeptAnswersContract:
    """A subclass has a fixture `store`: a new, empty store by the fixture `clock`."""

    def test_an_answer_is_kept_for_the_same_request(self, store: SessionStore, clock: Clock) -> None:
        claim = claim_of(1)
        assert store.kept_answers.claim(claim) is None
        keep(store, claim, sealed=b"\0sealed\xff")
        again = replace(claim, holder="second")
        assert store.kept_answers.claim(again) == KeptAnswer(ANNA, b"\0sealed\xff")
        with pytest.raises(Conflict, match="another body") as refused:
            store.kept_answers.claim(replace(again, fingerprint=b"other"))
        assert refused.value.code == "idempotency_key_reused"
        clock.advance(DAY)
        assert store.kept_answers.claim(replace(again, fingerprint=b"other")) is None

    def test_one_alone_holds_a_claim_until_it_is_given_up(self, store: SessionStore) -> None:
        first, second = claim_of(1), claim_of(1, holder="second")
        assert store.kept_answers.claim(first) is None
        for asked in (b"asked", b"other"):
            with pytest.raises(Conflict) as refused:
                store.kept_answers.claim(replace(second, fingerprint=asked))
            assert refused.value.code == ("request_under_way" if asked == b"asked" else "idempotency_key_reused")
        store.kept_answers.release(second)
        with pytest.raises(Conflict, match="still being worked on"):
            store.kept_answers.claim(second)
        store.kept_answers.release(first)
        assert store.kept_answers.claim(second) is None

    def test_a_claim_lapses_unless_it_is_renewed_and_who_lost_it_keeps_nothing(
        self, store: SessionStore, clock: Clock
    ) -> None:
        first, second = claim_of(1), claim_of(1, holder="second")
        store.kept_answers.claim(first)
        clock.advance(LEASE_SECONDS - 1)
        store.kept_answers.renew(first)
        clock.advance(LEASE_SECONDS - 1)
        with pytest.raises(Conflict):
            store.kept_answers.claim(second)
        clock.advance(1)
        assert store.kept_answers.claim(second) is None
        store.kept_answers.renew(first)
        keep(store, first, sealed=b"late")
        store.kept_answers.release(first)
        keep(store, second)
        assert store.kept_answers.claim(first) == KeptAnswer(ANNA, b"sealed")

    def test_an_operators_answers_are_about_a_client_or_about_none(self, store: SessionStore) -> None:
        for number, about in enumerate([ANNA, BERT, None]):
            claim = claim_of(number, None)
            assert store.kept_answers.claim(claim) is None
            keep(store, claim, about)
            assert store.kept_answers.claim(claim) == KeptAnswer(about, b"sealed")

    def test_answers_go_with_their_client(self, store: SessionStore) -> None:
        for number, (owner, about) in enumerate([(ANNA, ANNA), (None, ANNA), (BERT, BERT), (None, BERT), (None, None)]):
            store.kept_answers.claim(claim_of(number, owner))
            keep(store, claim_of(number, owner), about)
        store.kept_answers.claim(claim_of(9, ANNA))
        store.delete_client(ANNA)
        for number, owner in ((0, ANNA), (1, None), (9, ANNA)):
            assert store.kept_answers.claim(claim_of(number, owner, asked=b"other")) is None
        for number, owner in ((2, BERT), (3, None), (4, None)):
            assert store.kept_answers.claim(claim_of(number, owner)) is not None

    def test_what_comes_after_the_end_of_its_client_is_not_kept(self, store: SessionStore) -> None:
        def refuse() -> None:
            raise NotAuthenticated("The key was revoked.")

        claim, begun = claim_of(1, None), Standing()
        store.kept_answers.claim(claim)
        store.delete_client(ANNA)
        with pytest.raises(Conflict, match="erased"):
            store.kept_answers.keep(claim, KeptAnswer(ANNA, b"late"), seconds=DAY, standing=begun)
        with pytest.raises(NotAuthenticated):
            store.kept_answers.keep(claim, KeptAnswer(None, b"late"), seconds=DAY, standing=Standing(require=refuse))
        with pytest.raises(Conflict, match="worked on"):
            store.kept_answers.claim(replace(claim, holder="second"))

    def test_cleaning_up_removes_what_has_expired_and_nothing_else(self, store: SessionStore, clock: Clock) -> None:
        store.kept_answers.claim(claim_of(1))
        keep(store, claim_of(1))
        clock.advance(DAY - 1)
        store.kept_answers.claim(claim_of(2, BERT))
        store.cleanup()
        assert store.kept_answers.claim(claim_of(1)) is not None
        clock.advance(LEASE_SECONDS)
        store.cleanup(ANNA)
        store.cleanup()
        keep(store, claim_of(2, BERT))  # its claim is gone
        assert store.kept_answers.claim(claim_of(2, BERT)) is None

    def test_of_one_client_so_many_are_kept_and_so_much(self, store: SessionStore, clock: Clock) -> None:
        answers = store.kept_answers
        assert isinstance(answers, SqlKeptAnswers)
        answers.bounds = Bounds(10, 1000)
        answers.claim(claim_of(0, BERT))
        keep(store, claim_of(0, BERT), BERT)
        for number in range(1, 12):
            clock.advance(1)
            answers.claim(claim_of(number))
            keep(store, claim_of(number))
        forgotten = [number for number in range(12) if self._is_free(store, number)]
        assert forgotten == [1, 2]
        clock.advance(1)
        answers.claim(claim_of(20))
        keep(store, claim_of(20), sealed=b"x" * 990)
        assert [number for number in (11, 20) if self._is_free(store, number)] == [11, 20]
        assert not self._is_free(store, 0)

    def _is_free(self, store: SessionStore, number: int) -> bool:
        claim = claim_of(number, BERT if number == 0 else ANNA, holder="asker")
        if store.kept_answers.claim(claim) is not None:
            return False
        store.kept_answers.release(claim)
        return True
