"""Notes keep their citations through every step, and never get longer than they may."""

from app.services.digests.notes import MOST_CITED, Digest, Note, joined_notes, read_note
from app.services.library.texts import Place, spread

PLACES = [Place(first, 2) for first in range(0, 400, 2)]


def test_numbers_are_those_of_the_places_that_are_cited() -> None:
    note = read_note("Fire [3], flood [1][3], theft [999].", PLACES[:3], most_characters=100)
    assert note == Note("Fire [1], flood [2][1], theft.", (PLACES[2], PLACES[0]))


def test_joined_notes_cite_each_place_by_one_number() -> None:
    joined = joined_notes([Note("One [1].", (PLACES[0],)), Note("Two [1][2].", (PLACES[1], PLACES[0]))])
    assert joined == Note("One [1].\n\nTwo [2][1].", (PLACES[0], PLACES[1]))


def test_a_note_is_cut_where_a_line_ends_and_keeps_what_is_cited_there() -> None:
    note = read_note("First line [1].\n" + "x" * 40 + " [2]", PLACES, most_characters=25)
    assert note == Note("First line [1].", (PLACES[0],))


def test_no_more_places_are_cited_than_three_digits_can_count() -> None:
    text = " ".join(f"[{number}]" for number in range(1, 201))
    assert len(read_note(text, PLACES, most_characters=10_000).places) == MOST_CITED


def test_a_digest_is_stored_and_read_again() -> None:
    digest = Digest(Note("One [1].", (PLACES[3],)), pages_read=7, parts_read=9)
    assert Digest.from_stored(digest.as_stored()) == digest


def test_what_is_spread_covers_the_beginning_and_everything_if_it_fits() -> None:
    assert spread(5, 9) == [0, 1, 2, 3, 4]
    assert spread(10, 3) == [0, 3, 6]
