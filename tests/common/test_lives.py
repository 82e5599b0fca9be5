"""Lives of clients, which end, and who may still write when the moment has come."""

import pytest

from app.common.errors import Conflict, NotAuthenticated
from app.common.ids import ClientId
from app.common.lives import Lives, Standing, erased_meanwhile

ANNA, BERT = ClientId("anna"), ClientId("bert")


@pytest.fixture
def lives() -> Lives:
    return Lives(erased_meanwhile)


def test_what_began_before_the_end_comes_too_late_and_what_begins_after_it_does_not(lives: Lives) -> None:
    before = Standing()
    lives.require(ANNA, before)
    lives.end(ANNA)
    with pytest.raises(Conflict) as caught:
        lives.require(ANNA, before)
    assert caught.value.code == "erased_meanwhile"
    lives.require(ANNA, Standing())


def test_the_end_of_one_client_is_not_that_of_another(lives: Lives) -> None:
    begun = Standing()
    lives.end(ANNA)
    lives.require(BERT, begun)


def test_who_may_not_write_any_more_is_told_so(lives: Lives) -> None:
    def refuse() -> None:
        raise NotAuthenticated("The key was revoked.")

    with pytest.raises(NotAuthenticated):
        lives.require(ANNA, Standing(require=refuse))
