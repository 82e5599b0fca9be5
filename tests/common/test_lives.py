"""Lives of clients, which end."""

from app.common.ids import ClientId
from app.common.lives import Lives

ANNA, BERT = ClientId("anna"), ClientId("bert")


def test_a_life_lasts_until_it_is_ended_and_another_follows() -> None:
    lives = Lives()
    first = lives.present(ANNA)
    assert not lives.is_over(ANNA, first)
    lives.end(ANNA)
    assert lives.is_over(ANNA, first)
    assert not lives.is_over(ANNA, lives.present(ANNA))


def test_the_end_of_one_client_is_not_anothers() -> None:
    lives = Lives()
    life = lives.present(BERT)
    lives.end(ANNA)
    assert not lives.is_over(BERT, life)
