"""The rules are compiled when the service has started, not when somebody writes."""

from app.services.intents.any_order.english import FREE_ENGLISH
from app.services.intents.english import ENGLISH
from tests.api import AppFactory
from tests.waiting import wait_for


def test_the_start_compiles_the_rules(make_client: AppFactory) -> None:
    for rules in (ENGLISH, FREE_ENGLISH):
        vars(rules).pop("compiled", None)
    make_client()
    assert wait_for(lambda: "compiled" in vars(ENGLISH) and "compiled" in vars(FREE_ENGLISH))
