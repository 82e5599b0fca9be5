"""How the service stands, for its metrics."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from app.common.fair_turns import TurnStats
from app.common.work import Work
from app.config import Settings
from app.folders import data_files
from app.services.llm.model import VendorModel
from app.services.upkeep.measuring import Measured, Measurer, Measures
from app.services.words import WordStore
from app.telemetry.exposition import Figures
from app.telemetry.state import Gauge, Value, gauge, gauges
from app.version import VERSION
from app.wiring.intake import Intake
from app.wiring.stores import Stores, Upkeep


@dataclass(frozen=True, slots=True)
class Parts:
    """Whom to ask how things stand."""

    stores: Stores
    upkeep: Upkeep
    intake: Intake
    model: VendorModel | None
    work: Work


def open_figures(settings: Settings, stack: ExitStack, parts: Parts) -> Figures | None:
    """Start what measures, and return the figures; None when METRICS is off."""
    if settings.metrics == "off":
        return None
    measurer = stack.enter_context(Measurer(_measured(settings, parts)))
    return Figures(lambda: _state(settings, parts, measurer))


def _measured(settings: Settings, parts: Parts) -> Measured:
    files = data_files(settings)
    stores = {"uploads": files.spool}
    if settings.vector_store_type == "chroma":
        stores |= {"catalog": files.catalog, "vectors": settings.vector_store_path, "words": files.words}
    if settings.session_storage == "sqlite":
        stores["sessions"] = settings.session_db_path
    disks = {
        "data": settings.data_path,
        "sessions": settings.session_db_path.parent,
        "vectors": settings.vector_store_path,
    }
    return Measured(
        stores=stores,
        disks=disks,
        totals=parts.stores.catalog.totals,
        sessions=parts.stores.sessions.get_stats,
        oldest_job=parts.intake.jobs.oldest,
        outdated=lambda: len(parts.stores.vectors.models.outdated()),
    )


def _state(settings: Settings, parts: Parts, measurer: Measurer) -> Iterator[Gauge]:
    labels = {
        "version": VERSION,
        "model": settings.answering_model,
        "embedding_model": parts.stores.embedders.current.name,
        "session_storage": settings.session_storage,
    }
    yield Gauge("rag_info", "What runs, always 1.", [Value(1, labels)])
    yield from _turns(settings, parts)
    yield from _intake(parts)
    yield from _upkeep(parts)
    measures = measurer.latest()
    if measures is not None:
        yield from _measures(measures, parts.stores.clock)


def _turns(settings: Settings, parts: Parts) -> Iterator[Gauge]:
    work = parts.work
    turns: dict[str, TurnStats] = {
        "search": work.search.stats(),
        "ingest": work.ingest.stats(),
        "write": work.write.stats(),
    }
    if parts.model is not None:
        turns["model"] = parts.model.stats()
    questions = parts.stores.embedders.stats()
    turns["embedding"] = TurnStats(questions.running, questions.waiting)
    held = {kind: stats.at_work for kind, stats in turns.items()}
    yield gauges("slots_held", "Slots that are taken, by the kind of work.", "work", held)
    waiting = {kind: stats.waiting for kind, stats in turns.items()}
    yield gauges("slots_waiting", "Who waits for a slot, by the kind of work.", "work", waiting)
    yield gauge("model_slots", "Calls to the language model that may be open at once.", settings.llm_calls_at_once)
    paused = parts.model.paused() if parts.model else 0
    yield gauge("model_breakers_open", "Models that have been failing and are given a pause.", paused)


def _intake(parts: Parts) -> Iterator[Gauge]:
    jobs, parser = parts.intake.jobs.stats(), parts.intake.parser.stats()
    files = {"queued": jobs.queued, "running": jobs.running}
    yield gauges("job_files", "Files of background jobs that wait or are worked on.", "state", files)
    seats = {"reading": parser.begun, "waiting": parser.files - parser.begun}
    yield gauges("parser_files", "Files that a process reads, or that wait for one.", "state", seats)
    yield gauge("parser_processes", "Reading processes that are there.", len(parser.processes))


def _upkeep(parts: Parts) -> Iterator[Gauge]:
    stats = parts.upkeep.compactor.stats()
    yield gauge("compactions_due", "Compactions that were asked for and are yet to come.", stats.asked - stats.served)
    yield gauge("damaged_indexes", "Clients whose index is to be rebuilt.", len(parts.stores.vectors.damaged()))
    words = parts.stores.words
    count = words.open_count() if isinstance(words, WordStore) else 0
    yield gauge("open_word_indexes", "Indexes of words that are kept open.", count)


def _measures(measures: Measures, clock: Callable[[], float] = time.time) -> Iterator[Gauge]:
    stores = dict(measures.store_bytes)
    if "vectors" in stores:
        stores["vectors"] = max(0, stores["vectors"] - stores["words"])  # the one's folder is in the other's
    yield gauges("store_bytes", "What a store takes on the disk.", "store", stores)
    yield gauges("disk_free_bytes", "What is free on the disk of a store.", "store", measures.free_bytes)
    totals = measures.totals
    yield gauge("clients", "Clients that are known.", totals.clients)
    yield gauge("documents", "Documents of all clients.", totals.documents)
    yield gauge("chunks", "Chunks of all documents.", totals.chunks)
    sessions = {"active": measures.sessions["active_sessions"], "expired": measures.sessions["expired_sessions"]}
    yield gauges("sessions", "Conversations that are stored.", "state", sessions)
    other_model = "Clients whose documents have another embedding model than the one in use."
    yield gauge("outdated_clients", other_model, measures.outdated)
    age = 0.0 if measures.oldest_job is None else max(0.0, clock() - measures.oldest_job)
    yield gauge("oldest_job_seconds", "Age of the oldest job that is not finished; 0 without one.", age)
