import pytest

from app.common.ids import ClientId
from app.memory import Turn
from app.memory.cache import RecentSessions, RecentTurns

ANNA, BERT = ClientId("anna"), ClientId("bert")
S1, S2, S3 = (ANNA, "s1"), (ANNA, "s2"), (BERT, "s1")


def turn(number: int, word: str = "q") -> Turn:
    return Turn(number, f"{word}{number}", "a", tokens=10, last_id=2 * number, message_id=f"msg_{number}")


def found(*numbers: int, expires_at: float = 100.0) -> RecentTurns:
    return RecentTurns(tuple(turn(number) for number in numbers), expires_at)


def held(recent: RecentSessions, key: tuple[ClientId, str], now: float = 0.0) -> list[int] | None:
    """What is held without asking anybody."""
    entry = recent.get(key, now, lambda _limit: None)
    return [turn.number for turn in entry.turns] if entry else None


def test_what_was_loaded_is_held() -> None:
    recent = RecentSessions(2)
    assert recent.get(S1, 0.0, lambda _limit: found(1, 2)) == found(1, 2)
    assert held(recent, S1) == [1, 2]
    assert held(recent, S3) is None


def test_the_session_used_longest_ago_goes_first() -> None:
    recent = RecentSessions(2)
    recent.extend(S1, turn(1), 100.0)
    recent.extend(S2, turn(1), 100.0)
    assert held(recent, S1) == [1]
    recent.extend(S3, turn(1), 100.0)
    assert (held(recent, S1), held(recent, S2), held(recent, S3)) == ([1], None, [1])
    assert (recent.count(), recent.count(ANNA), recent.count(BERT)) == (2, 1, 1)


def test_a_capacity_of_none_holds_nothing() -> None:
    recent = RecentSessions(0)
    recent.extend(S1, turn(1), 100.0)
    assert recent.get(S1, 0.0, lambda _limit: found(1)) == found(1)
    assert recent.count() == 0


def test_an_expired_session_is_asked_for_again() -> None:
    recent = RecentSessions(2)
    recent.extend(S1, turn(1), 100.0)
    assert held(recent, S1, now=99.9) == [1]
    assert held(recent, S1, now=100.0) is None


def test_only_the_latest_turns_are_held() -> None:
    recent = RecentSessions(2, turns_each=3)
    for number in range(1, 6):
        recent.extend(S1, turn(number), 100.0)
    assert held(recent, S1) == [3, 4, 5]


def test_a_first_turn_replaces_what_was_held_of_an_earlier_session() -> None:
    recent = RecentSessions(2)
    recent.extend(S1, turn(1), 100.0)
    recent.extend(S1, turn(2), 100.0)
    recent.extend(S1, turn(1), 200.0)
    assert held(recent, S1) == [1]


def test_a_turn_that_does_not_follow_is_never_appended() -> None:
    recent = RecentSessions(2)
    recent.extend(S1, turn(1), 100.0)
    recent.extend(S1, turn(3), 100.0)
    assert held(recent, S1) is None


def test_what_was_read_while_the_session_changed_is_not_kept() -> None:
    recent = RecentSessions(2)

    def outrun(_limit: int) -> RecentTurns:
        recent.extend(S1, turn(5), 100.0)
        return found(1, 2, 3, 4)

    def deleted(_limit: int) -> RecentTurns:
        recent.discard([S2])
        return found(1)

    recent.get(S1, 0.0, outrun)
    recent.get(S2, 0.0, deleted)
    assert held(recent, S1) is None
    assert held(recent, S2) is None


def test_a_reader_that_fails_leaves_nothing_behind() -> None:
    recent = RecentSessions(2)

    def failing(_limit: int) -> RecentTurns:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        recent.get(S1, 0.0, failing)
    assert recent.get(S1, 0.0, lambda _limit: found(1)) == found(1)
    assert held(recent, S1) == [1]
    assert recent.loading_count() == 0
