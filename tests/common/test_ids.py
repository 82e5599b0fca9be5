"""Names: which are taken, which are made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common.errors import InvalidInput
from app.common.ids import new_client_id, new_id, parse_client_id, parse_session_id


@pytest.mark.parametrize("name", ["abc", "a.b", "A-b_9", "client_a1b2c3d4", "x" * 63, "1.2.3"])
def test_good_client_ids_stay_as_they_are(name: str) -> None:
    assert parse_client_id(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "ab", "x" * 64, "../x", "a..b", ".abc", "abc.", "-abc", "abc_", "a/b", "a b", "a\nb", "abc\n", "äbc", "a\0b"],
)
def test_bad_client_ids_are_refused_without_being_repeated(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_client_id(name)
    assert caught.value.code == "invalid_client_id"
    assert name == "" or name not in caught.value.detail.split()


@pytest.mark.parametrize("name", ["s", "user@example.org", "a:b", "x" * 128, "session_1"])
def test_good_session_ids_stay_as_they_are(name: str) -> None:
    assert parse_session_id(name) == name


@pytest.mark.parametrize("name", ["", "x" * 129, "a b", "@a", "a/b", "a\n", "é", "..", "%2e"])
def test_bad_session_ids_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_session_id(name)
    assert caught.value.code == "invalid_session_id"


@given(st.text())
def test_what_is_taken_is_never_changed(name: str) -> None:
    try:
        assert parse_client_id(name) == name
    except InvalidInput:
        return
    assert name.isascii()
    assert 3 <= len(name) <= 63


def test_made_ids_are_good_and_never_the_same() -> None:
    made = {new_client_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(parse_client_id(name) == name and len(name) == len("client_") + 16 for name in made)
    assert len({new_id("doc") for _ in range(1000)}) == 1000
    assert new_id("doc").startswith("doc_")
