"""What a chat costs besides the model: `python -m benchmarks.chat [--chats 300]`.

The service, its callers and a stand-in for the model run in three processes; the stand-in answers at once, and in the
last table after a second. "besides" is the time of a chat without the model's call and the question's embedding. It
is measured at a second service that logs as operators have it: the first one writes its stages into the log, which
takes a millisecond or two itself. The baselines are the same number of callers who ask the stand-in itself, and an
answer of the service that does nothing. p10 says what a chat costs when nothing else on the machine is in its way.
"""

import argparse
import http.client
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.service import Running, percentile, post_json, prepare, running, stand_in, upload

CLIENT = "bench"
TURNS_PER_SESSION = 5
WARM_UP = 20
STAGES = {
    "retrieval stages": ("embedding_ms", "search_ms", "ranking_ms"),
    "chat stages": ("history_ms", "rewriting_ms"),
    "chat answered": ("store_ms",),
}

Ask = Callable[[http.client.HTTPConnection, int], object]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chats", type=int, default=300, help="chats in each measurement")
    chats = options.parse_args().chats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (folder, folder / "telling"):
            part.mkdir(exist_ok=True)
            prepare(part)
        with (
            stand_in() as model,
            service(folder / "telling", model, log_level="DEBUG") as telling,
            service(folder, model) as quiet,
        ):
            stages(telling, quiet, model, chats)
        with stand_in() as model, service(folder, model) as running_service:
            print(f"\n{'callers':>8}{'p50 ms':>9}{'p95 ms':>9}{'chats/s':>9}{'cpu ms/chat':>13}{'x bare model':>14}")
            for callers in (1, 10, 100):
                crowd(running_service, model, callers, max(chats, 3 * callers))
        with stand_in(delay=1.0) as model, service(folder, model) as running_service:
            print("\n100 chats at once, a model of 1 s:")
            together(running_service, model)


def service(folder: Path, model: str, **settings: object) -> Any:
    return running(folder, groq_api_key="bench", groq_api_base=model, query_rewrite="off", **settings)


def fill(at: Running) -> None:
    """Give the client 400 chunks."""
    paragraphs = (
        f"Crane number {n} lifts {n} tonnes. It stands at quay {n % 17} and was overhauled in {1950 + n % 70}. " * 5
        for n in range(400)
    )
    upload(at.connect(), CLIENT, "cranes.txt", "\n\n".join(paragraphs).encode())


def chat(connection: http.client.HTTPConnection, number: int) -> dict[str, Any]:
    question = f"How much does crane number {number % 400} lift?"
    session = f"session-{number // TURNS_PER_SESSION}"
    return post_json(connection, "/api/v1/chat/", {"message": question, "client_id": CLIENT, "session_id": session})


def bare_model(connection: http.client.HTTPConnection, number: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"Passages. {'word ' * 800} Question {number}?"}]
    return post_json(connection, "/openai/v1/chat/completions", {"model": "bench", "messages": messages})


def nothing(connection: http.client.HTTPConnection, _: int) -> None:
    connection.request("GET", "/health/live")
    connection.getresponse().read()


def timed(ask: Ask, connection: http.client.HTTPConnection, number: int) -> float:
    started = time.perf_counter()
    ask(connection, number)
    return (time.perf_counter() - started) * 1000


def stages(telling: Running, quiet: Running, model: str, chats: int) -> None:
    """One caller: where the time goes. Chats and baselines take turns, so that noise meets them alike."""
    fill(telling)
    fill(quiet)
    told, asked, direct = telling.connect(), quiet.connect(), connect(model)
    rows: dict[str, list[float]] = {name: [] for name in ("whole", "model", "outside", "bare model", "bare service")}
    for number in range(chats):
        whole, timings = timed_chat(told, number)
        rows["outside"].append(whole - timings["total"])
        whole, timings = timed_chat(asked, number)
        rows["whole"].append(whole)
        rows["model"].append(timings["generation"])
        rows["bare model"].append(timed(bare_model, direct, number))
        rows["bare service"].append(timed(nothing, asked, number))
    rows |= {
        stage: [event[stage] for event in telling.events(message)]
        for message, names in STAGES.items()
        for stage in names
        if telling.events(message) and stage in telling.events(message)[0]
    }
    show_stages({name: values[WARM_UP:] for name, values in rows.items()})


def timed_chat(connection: http.client.HTTPConnection, number: int) -> tuple[float, dict[str, float]]:
    """Ask; return the caller's milliseconds and what the answer says of its own."""
    started = time.perf_counter()
    timings: dict[str, float] = chat(connection, number)["timings_ms"]
    return (time.perf_counter() - started) * 1000, timings


def show_stages(rows: dict[str, list[float]]) -> None:
    parts = list(zip(rows["whole"], rows["model"], rows["embedding_ms"], strict=False))
    besides = [whole - model - embedding for whole, model, embedding in parts]
    outside = [value - stored for value, stored in zip(rows["outside"], rows["store_ms"], strict=False)]
    named = {
        "a chat, as its caller sees it": rows["whole"],
        "  the model's call (client library, stand-in)": rows["model"],
        "  the question's embedding": rows["embedding_ms"],
        "  besides (aim: p50 under 10)": besides,
        **{
            f"    {stage.removesuffix('_ms')}": rows[stage]
            for stage in ("search_ms", "ranking_ms", "history_ms", "rewriting_ms", "store_ms")
            if stage in rows
        },
        "    HTTP, JSON, checks, threads": outside,
        "baseline: the stand-in asked directly": rows["bare model"],
        "baseline: the service's answer to /health/live": rows["bare service"],
    }
    print(f"{'one caller, ms':<50}{'p10':>8}{'p50':>8}{'p95':>8}{'x chat':>8}")
    for name, values in named.items():
        share = percentile(values, 50) / percentile(rows["whole"], 50)
        print(f"{name:<50}" + "".join(f"{percentile(values, part):>8.1f}" for part in (10, 50, 95)) + f"{share:>8.2f}")


def crowd(at: Running, model: str, callers: int, chats: int) -> None:
    """Callers who each ask one question after the other."""
    at_once(partial(at.connect), chat, callers, callers)  # connections to the model are opened here
    before = cpu_seconds(at.pid)
    values, seconds = at_once(at.connect, chat, callers, chats)
    cpu = (cpu_seconds(at.pid) - before) * 1000 / chats
    bare, _ = at_once(partial(connect, model), bare_model, callers, chats)
    ratio = percentile(values, 50) / percentile(bare, 50)
    p50, p95 = percentile(values, 50), percentile(values, 95)
    print(f"{callers:>8}{p50:>9.1f}{p95:>9.1f}{chats / seconds:>9.1f}{cpu:>13.1f}{ratio:>14.1f}")


def together(at: Running, model: str) -> None:
    """A hundred callers: once, all in the same moment, and then on and on, so that a hundred chats always go on."""
    for name, connecting, ask, chats in (
        ("the stand-in asked directly", partial(connect, model), bare_model, 1),
        ("the service, its first 100", at.connect, chat, 1),
        ("the service, the next 100", at.connect, chat, 1),
        ("the stand-in, ten each", partial(connect, model), bare_model, 10),
        ("the service, ten each", at.connect, chat, 10),
    ):
        values, seconds = at_once(connecting, ask, 100, 100 * chats)
        p50, p95 = percentile(values, 50) / 1000, percentile(values, 95) / 1000
        print(f"  {name:<30} all done in {seconds:5.2f} s, p50 {p50:5.2f} s, p95 {p95:5.2f} s")


def at_once(
    connecting: Callable[[], http.client.HTTPConnection], ask: Ask, callers: int, asks: int
) -> tuple[list[float], float]:
    """Return each answer's milliseconds, and the seconds until all were there."""
    share = asks // callers

    def one(caller: int) -> list[float]:
        connection = connecting()
        return [timed(ask, connection, caller * share * TURNS_PER_SESSION + n) for n in range(share)]

    with ThreadPoolExecutor(callers) as pool:
        started = time.perf_counter()
        values = [value for values in pool.map(one, range(callers)) for value in values]
        return values, time.perf_counter() - started


def connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)


def cpu_seconds(pid: int) -> float:
    """Processor time of one process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
