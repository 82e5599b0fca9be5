"""What metering costs a chat, and whether it counts right: `python -m benchmarks.metering [--chats 400 --calls 1000]`.

The service runs in this process and a stand-in for the model in another one. Chats take turns: one is metered, the
next one is not. Then calls of all kinds (answers, failures, retries, streams left early) are made to a stand-in that
keeps an account of its own, and both accounts are compared.
"""

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import SecretStr

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.common.lives import Lives, erased_meanwhile
from app.common.metering import TOKENS, Behalf, Unmetered, Usage, act_for
from app.config import Settings
from app.service import Services
from app.services.catalog.store import Catalog
from app.services.llm.model import CallLimits, Endpoint, open_language_model
from app.services.metering.budgets import Budgets
from app.services.metering.meter import UsageMeter
from app.services.metering.store import BudgetStore, UsageStore
from app.services.rag_chain import ChatQuestion
from benchmarks.service import percentile, stand_in
from tests.services.llm.mixed_calls import Ledger, account_of, ask_all
from tests.standin import StandIn

CLIENT = ClientId("bench")
CALL = Usage(model_calls=1, tokens_in=900, tokens_out=40)
WARM_UP = 40
QUESTION = "How much does the harbour crane lift?"
TEXT = "The harbour crane lifts forty tonnes. It was built in 1962 by the Oskarsson works.\n" * 30


def main() -> None:
    """Measure both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chats", type=int, default=400, help="chats of each sort")
    options.add_argument("--calls", type=int, default=1000, help="calls in the comparison of accounts")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    with (
        tempfile.TemporaryDirectory() as name,
        stand_in() as model,
        open_services(settings_in(Path(name), model)) as services,
    ):
        asyncio.run(by_turns(services, chosen.chats))
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), chosen.calls)


def settings_in(folder: Path, model: str) -> Settings:
    """Return settings with a budget, which is then looked at before each call."""
    return Settings(
        _env_file=None,
        data_path=folder / "data",
        session_db_path=folder / "data" / "sessions.db",
        vector_store_path=folder / "chroma",
        groq_api_key=SecretStr("bench"),
        groq_api_base=model,
        budget_tokens_a_day=10**12,
    )


async def by_turns(services: Services, chats: int) -> None:
    """Time chats with and without a meter, one after the other."""
    path = Path(services.settings.data_path) / "crane.txt"
    path.write_text(TEXT)
    services.ingest_file(path, CLIENT)
    act_for(Behalf(kind="chat", key_id="key"))
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for number in range(2 * (chats + WARM_UP)):
        metered = number % 2 == (number // 2) % 2  # which one comes first changes too
        options = services.client_settings.options(CLIENT)
        question = ChatQuestion(
            client_id=CLIENT, text=QUESTION, options=options, session_id=f"s{number // 10}", use_memory=True
        )
        with counting(on=metered):
            started, busy = time.perf_counter(), time.process_time()
            await services.rag.answer(await services.rag.prepare(question))
            spent = time.perf_counter() - started, time.process_time() - busy
        if number >= 2 * WARM_UP:
            taken[metered].append(spent)
    show(taken)
    print(f"four counts and three looks at budgets, as a chat makes them: {counting_alone(services.meter):.1f} us")


def show(taken: dict[bool, list[tuple[float, float]]]) -> None:
    """Print both sorts of chats side by side; processor time says most on a busy machine."""
    print(f"{'':>10}{'p10 ms':>9}{'p50 ms':>9}{'p90 ms':>9}{'cpu p10':>9}{'cpu p50':>9}")
    for metered, name in ((False, "unmetered"), (True, "metered")):
        elapsed, busy = ([1000 * value for value in each] for each in zip(*taken[metered], strict=True))
        values = [percentile(elapsed, share) for share in (10, 50, 90)] + [
            percentile(busy, share) for share in (10, 50)
        ]
        print(f"{name:>10}" + "".join(f"{value:9.2f}" for value in values))
    before, after = (statistics.median(busy for _, busy in taken[metered]) for metered in (False, True))
    print(f"the median of processor time grows by {(after / before - 1) * 100:+.2f} %")


@contextmanager
def counting(*, on: bool) -> Iterator[None]:
    """Have the meter count during the block, or do nothing."""
    source = _REAL if on else (Unmetered.count, Unmetered.require)
    for name, method in zip(("count", "require"), source, strict=True):
        setattr(UsageMeter, name, method)
    try:
        yield
    finally:
        for name, method in zip(("count", "require"), _REAL, strict=True):
            setattr(UsageMeter, name, method)


_REAL = (UsageMeter.count, UsageMeter.require)


def counting_alone(meter: UsageMeter, rounds: int = 20_000) -> float:
    """Return the microseconds of processor time that one chat's counting takes."""
    started = time.process_time()
    for _ in range(rounds):
        for _ in range(3):
            meter.require(CLIENT, TOKENS)
        for used in (Usage(chats=1), Usage(texts_embedded=1), Usage(texts_embedded=8), CALL):
            meter.count(CLIENT, used, model="llama")
    return (time.process_time() - started) / rounds * 1e6


def compare(folder: Path, calls: int) -> None:
    """Make calls of all kinds and hold the meter's account beside the stand-in's own."""
    lives, ledger = Lives(erased_meanwhile), Ledger(seed=11)
    with closing(Catalog.open(folder / "catalog.db")) as catalog, StandIn() as standin:
        store, budgets = UsageStore(catalog.database, models=[]), BudgetStore(catalog.database, lives=lives)
        with UsageMeter(store, budgets, defaults=Budgets(), lives=lives, kept_days=400) as meter:
            limits = CallLimits(attempts=3, backoff=0.01, breaker_failures=10**6)
            endpoint = Endpoint("key", standin.base_url)
            model = open_language_model("groq", endpoint, model="llama", fallback_model="spare", limits=limits)
            model.meter = meter
            with closing(model):
                asyncio.run(ask_all(model, standin, ledger, calls=calls))
            metered = account_of(meter)
    tokens = [sum(used.tokens for used in each.values()) for each in (ledger.account, metered)]
    estimated = sum(used.tokens_estimated for used in metered.values())
    print(f"\n{calls} calls, {ledger.served.total()} tries: {dict(ledger.served)}")
    print(f"tokens: the stand-in's account {tokens[0]}, the meter's {tokens[1]}, of these estimated {estimated}")
    if metered != ledger.account:
        raise SystemExit("the accounts differ")


if __name__ == "__main__":
    main()
