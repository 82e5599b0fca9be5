"""What kind of thing a question asks for, and which sentences hold it."""

import pytest

from app.services.answering.quoting.asking import Kind, holds, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How long is the warranty?", "duration"),
        ("Wie lange gilt die Garantie?", "duration"),
        ("压缩机保修多久？", "duration"),
        ("What does the quick charger cost?", "money"),
        ("Combien coûte un chien par nuit ?", "money"),
        ("How many dealers are there?", "number"),
        ("When is the workshop closed?", "date"),
        ("Which message appears when the battery is hot?", None),
        ("Who founded the station?", "person"),
        ("Where are the torques listed?", None),
    ],
)
def test_the_words_of_a_question_tell_what_is_asked_for(question: str, kind: Kind | None) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", "The frame has 10 years."),
        ("money", "It costs 4.90 a month."),
        ("number", "There are nine cabins."),
        ("number", "It lifts fifty tonnes."),
        ("number", "Er hebt vierzig Tonnen."),
        ("date", "Printed in February."),
        ("person", "It was founded by Ingeborg Thorsen."),
        ("duration", "压缩机保修十年。"),
    ],
)
def test_a_sentence_holds_what_is_asked_for(kind: Kind, text: str) -> None:
    assert holds(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", "Everything is covered."),
        ("money", "It weighs 4.75 kg."),
        ("person", "It was founded long ago."),
    ],
)
def test_a_sentence_does_not_hold_what_is_asked_for(kind: Kind, text: str) -> None:
    assert not holds(kind, text)
