"""Questions for the number of something, or for all of it: the words that say of what."""

import pytest

from app.services.intents.listing import named, names_of, read_listing


@pytest.mark.parametrize(
    ("message", "wanted", "words"),
    [
        ("How many incidents are listed?", "count", "incidents"),
        ("How many incidents are there in incidents.csv?", "count", "incidents incidents csv"),
        ("What is the number of open incidents?", "count", "open incidents"),
        ("List all the incidents in the table, please", "rows", "incidents"),
        ("Wie viele Vorfälle sind aufgelistet?", "count", "vorfalle"),
        ("Liste alle Vorfälle auf", "rows", "vorfalle"),
        ("Combien d'incidents sont listés ?", "count", "incidents"),
        ("Listez tous les incidents", "rows", "incidents"),
        ("¿Cuántos incidentes hay en la tabla?", "count", "incidentes"),
        ("Quanti incidenti ci sono?", "count", "incidenti"),
        ("列出了多少个事件？", "count", "事件"),
        ("How many incidents are not closed?", "count", "incidents not closed"),
    ],
)
def test_what_is_counted_or_listed_is_read(message: str, wanted: str, words: str) -> None:
    listing = read_listing(message)
    assert listing is not None
    assert (listing.wanted, " ".join(listing.words)) == (wanted, words)


@pytest.mark.parametrize(
    "message",
    ["How much is the crane?", "Which incidents are listed?", "Who counts the incidents?", "Show me incident 7", ""],
)
def test_other_questions_want_nothing_counted(message: str) -> None:
    assert read_listing(message) is None


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("incidents", "Incident-2024.csv"),
        ("companies", "company list"),
        ("vorfalle", "Vorfall"),
        ("incidenti", "incidente"),
    ],
)
def test_a_name_is_known_in_singular_and_plural(word: str, name: str) -> None:
    assert named(word, names_of(name))


@pytest.mark.parametrize(("word", "name"), [("parts", "party"), ("orders", "customers")])
def test_another_name_is_none(word: str, name: str) -> None:
    assert not named(word, names_of(name))
