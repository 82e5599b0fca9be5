"""Requests a minute."""

import pytest

from app.common.errors import LimitReached
from app.common.ids import ClientId
from app.services.tenants.rate_limit import RateLimit

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")


def test_one_too_many_is_told_when_to_come_back() -> None:
    limit = RateLimit(2)
    limit.hit(HARBOUR)
    limit.hit(HARBOUR)
    with pytest.raises(LimitReached) as caught:
        limit.hit(HARBOUR)
    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after is not None
    assert 1 <= caught.value.retry_after <= 60
    assert "2 requests a minute" in caught.value.detail


def test_clients_do_not_use_up_each_others() -> None:
    limit = RateLimit(1)
    limit.hit(HARBOUR)
    limit.hit(AIRPORT)
    with pytest.raises(LimitReached):
        limit.hit(AIRPORT)


def test_without_a_limit_nothing_is_counted() -> None:
    limit = RateLimit(None)
    for _ in range(1000):
        limit.hit(HARBOUR)
