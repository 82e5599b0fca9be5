"""Cursors come back as what they were made of; anything else is refused with one sentence."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.cursors import (
    CLIENT_PLACE_FORM,
    OFFSET_FORM,
    PLACE_FORM,
    RATED_FORM,
    decode_client_place,
    decode_offset,
    decode_place,
    decode_rated,
    encode_offset,
    encode_place,
)
from app.common.errors import InvalidInput

MOMENTS = st.floats(min_value=0, max_value=1e11)
SESSION_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", fullmatch=True)


@given(st.integers(0, 999_999_999))
def test_an_offset_comes_back(offset: int) -> None:
    assert decode_offset(encode_offset(offset)) == offset


@given(MOMENTS, SESSION_IDS)
def test_a_place_comes_back_exactly(moment: float, name: str) -> None:
    assert decode_place(encode_place(moment, name)) == (moment, name)


@given(MOMENTS, SESSION_IDS)
def test_a_place_among_many_clients_comes_back_with_colons_in_its_name(moment: float, session_id: str) -> None:
    cursor = encode_place(moment, "client_a.b-c", session_id)
    assert decode_client_place(cursor) == (moment, "client_a.b-c", session_id)


@given(MOMENTS, st.integers(0, 999_999_999), SESSION_IDS)
def test_a_place_among_rated_answers_comes_back(moment: float, position: int, session_id: str) -> None:
    assert decode_rated(encode_place(moment, str(position), session_id)) == (moment, position, session_id)


@pytest.mark.parametrize(
    ("decode", "form"),
    [
        (decode_offset, OFFSET_FORM),
        (decode_place, PLACE_FORM),
        (decode_client_place, CLIENT_PLACE_FORM),
        (decode_rated, RATED_FORM),
    ],
)
@given(data=st.data())
@settings(max_examples=20)
def test_whatever_has_the_form_that_programs_are_told_is_a_cursor(
    decode: Callable[[str], object], form: str, data: st.DataObject
) -> None:
    decode(data.draw(st.from_regex(form, fullmatch=True)))


def test_a_moment_given_as_a_whole_number_is_the_same_moment() -> None:
    assert decode_place(encode_place(100, "doc")) == (100.0, "doc")


def test_an_empty_cursor_is_the_beginning_of_a_list_of_one_client() -> None:
    assert decode_offset("") == 0
    assert decode_place("") is None


@pytest.mark.parametrize(
    ("decode", "cursor"),
    [
        (decode_offset, "x"),
        (decode_offset, "-1"),
        (decode_offset, "1.5"),
        (decode_offset, "1_0"),
        (decode_offset, "²"),
        (decode_offset, "9" * 10),
        (decode_place, "nonsense"),
        (decode_place, "0x1p0"),
        (decode_place, "nonsense:doc"),
        (decode_place, "0x1p9999:doc"),
        (decode_place, "0x1p0:two words"),
        (decode_client_place, ""),
        (decode_client_place, "0x1p0:client"),
        (decode_client_place, ":client:session"),
        (decode_rated, ""),
        (decode_rated, "0x1p0:one:session"),
    ],
)
def test_what_is_no_cursor_of_ours_is_refused(decode: Callable[[str], object], cursor: str) -> None:
    with pytest.raises(InvalidInput, match="unchanged") as caught:
        decode(cursor)
    assert caught.value.code == "invalid_cursor"
