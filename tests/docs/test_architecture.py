"""What docs/architecture.md says of threads and locks is so."""

import re
import threading
from pathlib import Path

from app.common.locks import Rank
from tests.api import AppFactory, ask, upload
from tests.standin import StandIn

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_ranks_are_listed_in_their_order() -> None:
    assert [row[0].strip("`") for row in table("Locks")] == [rank.name for rank in Rank]


def test_what_is_taken_inside_a_lock_comes_after_it() -> None:
    for row in table("Locks"):
        named = [rank for rank in Rank if re.search(rf"\b{rank.name}\b", row[3])]
        assert all(rank > Rank[row[0].strip("`")] for rank in named)


def test_every_thread_of_a_busy_service_is_listed(make_app: AppFactory) -> None:
    listed = tuple(row[0].strip("`").removesuffix("N") for row in table("Threads"))
    before = set(threading.enumerate())
    with StandIn() as model, make_app(groq_api_key="gsk-x", groq_api_base=model.base_url) as api:
        upload(api, client_id="harbour")
        assert ask(api, "Who built the crane?", "harbour").status_code == 200
        names = {thread.name for thread in set(threading.enumerate()) - before}
    tests_own = ("standin", "asyncio-portal", "asyncio_", "ThreadPoolExecutor", "uvloop")
    assert {name for name in names if not name.startswith((*listed, *tests_own))} == set()
    assert {"language-model", "session-cleaner", "job-cleaner", "repairer", "compactor", "ingest-0"} <= names
