import logging
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.common.errors import AppError, Conflict, InvalidInput, TooLarge, Unavailable, UnreadableFile, UnsupportedType
from app.common.file_loader import Heading, LoadedDocument, ReadLimits, load_document
from app.services.parsing.limits import ParserStats, ProcessLimits
from app.services.parsing.pool import ParserPool
from app.services.parsing.wire import Answer, Order, pack_answer, pack_order, unpack_answer, unpack_order
from tests import documents
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
SLOW = documents.pdf(*["\n".join(["one line of many"] * 200)] * 3000)  # pypdf works on it for half a minute
NOISE = bytes(range(256)) * 40
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "drawings.pdf": (documents.pdf_drawing_bomb(), "bomb"),
    "inflating.docx": (
        documents.zip_file(documents.docx_parts("") | {"word/document.xml": b" " * (30 << 20)}),
        "bomb",
    ),
    "entities.docx": (
        documents.zip_file(
            documents.docx_parts("")
            | {"word/document.xml": f'<!DOCTYPE a [<!ENTITY l0 "lol">{ENTITIES}]><a>&l11;</a>'.encode()}
        ),
        "bomb",
    ),
    "external.docx": (
        documents.zip_file(
            documents.docx_parts("")
            | {"word/document.xml": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'}
        ),
        "bomb",
    ),
    "deep.docx": (documents.docx_of_body("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "corrupt"),
    "cut.pdf": (documents.pdf("Hello")[:100], "corrupt"),
    "noise.pdf": (b"%PDF-1.7\n" + NOISE, "corrupt"),
    "noise.docx": (b"PK\x03\x04" + NOISE, "type_mismatch"),
    "noise.doc": (bytes.fromhex("d0cf11e0a1b11ae1") + NOISE, "corrupt"),
    "noise.txt": (NOISE, "type_mismatch"),
    "program.pdf": (b"MZ\x90\x00" + NOISE, "type_mismatch"),
    "nul\0.pdf": (documents.pdf("Hello"), "bad_name"),
    "long" * 100 + ".txt": (b"Hello", "bad_name"),
    "program.exe": (b"Hello", "unsupported_type"),
    "empty.md": (b"", "empty_file"),
    "scan.pdf": (documents.pdf_image_only(), "no_text"),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1, process_limits=ProcessLimits(memory_bytes=300 << 20)) as made:
        yield made


def failure(pool: ParserPool, name: str, data: bytes | Path) -> AppError:
    with pytest.raises(AppError) as caught:
        pool.parse(name, data)
    return caught.value


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", documents.pdf("one", "", "three")),
        ("a.docx", documents.docx_of_body(documents.paragraph("Title", '<w:outlineLvl w:val="0"/>'))),
        ("a.doc", documents.doc("Hello 😀\r", wide=True)),
        ("a.md", "# Ünïcode 😀\n\n\ntext".encode()),
    ],
)
def test_a_file_is_read_as_load_document_reads_it(pool: ParserPool, tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(data)

    assert pool.parse(name, data) == pool.parse(name, path) == load_document(name, data)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_has_its_code_and_the_next_one_is_read(pool: ParserPool, name: str) -> None:
    data, code = HOSTILE[name]

    assert failure(pool, name, data).code == code
    assert pool.parse("next.md", b"# Still here").headings == (Heading(0, 1, "Still here"),)


def test_errors_arrive_as_what_they_are(pool: ParserPool) -> None:
    for name, data, kind in [
        ("a.exe", b"x", UnsupportedType),
        ("\0.txt", b"x", InvalidInput),
        ("a.txt", b"x" * 20_000_001, TooLarge),
        ("a.txt", b"", UnreadableFile),
    ]:
        error = failure(pool, name, data)
        with pytest.raises(AppError) as direct:
            load_document(name, data)
        assert type(error) is kind
        assert (error.code, error.detail, error.status) == (direct.value.code, direct.value.detail, kind.status)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that is never read to its end and takes no processor time."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_file_that_takes_too_long_is_given_up(endless: Path) -> None:
    with ParserPool(workers=1, process_limits=ProcessLimits(timeout=0.2)) as pool:
        assert failure(pool, "a.txt", endless).code == "timeout"
        assert pool.parse("a.txt", b"next").text == "next"


def test_a_small_file_gets_seconds_and_a_large_one_the_whole_time() -> None:
    limits = ProcessLimits(timeout=120, cpu_seconds=60)
    given = [limits.seconds(size) for size in (0, 2_000, 100_000, 400_000, 1 << 20, 50 << 20)]

    assert given == [(5, 30.0), (5, 30.0), (10, 30.0), (25, 50.0), (57, 114.0), (60, 120.0)]
    assert ProcessLimits(timeout=20, cpu_seconds=2).seconds(1 << 30) == (2, 20)


def test_a_file_that_is_gone_is_its_readers_matter(pool: ParserPool, tmp_path: Path) -> None:
    assert failure(pool, "a.txt", tmp_path / "gone").code == "corrupt"


def test_a_file_that_takes_too_much_processor_time_is_given_up() -> None:
    limits = ProcessLimits(cpu_seconds=0)
    with ParserPool(workers=1, pdf_engine="pypdf", process_limits=limits) as pool:
        assert failure(pool, "a.pdf", SLOW).code == "timeout"
        assert pool.parse("a.txt", b"next").text == "next"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, "bomb"), (signal.SIGABRT, "bomb"), (signal.SIGSEGV, "corrupt")]
)
def test_a_process_that_dies_fails_its_file_alone(endless: Path, number: signal.Signals, code: str) -> None:
    with ParserPool(workers=1) as pool, ThreadPoolExecutor(1) as threads:
        (pid,) = pool.stats().processes
        reading = threads.submit(pool.parse, "a.txt", endless)
        wait_for(lambda: pool.stats().begun == 1)
        os.kill(pid, number)

        error = reading.exception()

        assert isinstance(error, UnreadableFile)
        assert error.code == code
        assert pool.parse("a.txt", b"next").text == "next"
        assert pool.stats().processes != (pid,)


def test_a_process_that_was_killed_while_idle_is_replaced() -> None:
    with ParserPool(workers=1) as pool:
        pool.parse("a.txt", b"warm")
        (pid,) = pool.stats().processes
        os.kill(pid, signal.SIGKILL)

        assert pool.parse("a.txt", b"next").text == "next"


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_processes_that_cannot_start_are_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with ParserPool(workers=1) as pool:
        error = failure(pool, "a.txt", b"x")
        monkeypatch.undo()

        assert pool.parse("a.txt", b"x").text == "x"

    assert isinstance(error, Unavailable)
    assert error.retry_after


def test_owners_take_turns_and_none_has_all_readers(endless: Path) -> None:
    limits = ProcessLimits(timeout=20)
    with ParserPool(workers=2, process_limits=limits) as pool, ThreadPoolExecutor(4) as threads:
        slow = [threads.submit(pool.parse, "a.txt", endless, owner="slow") for _ in range(3)]
        wait_for(lambda: pool.stats().files == 3)

        assert pool.parse("a.txt", b"read meanwhile", owner="other").text == "read meanwhile"
        assert pool.stats().begun <= 1
        pool.close()

        assert all(isinstance(reading.exception(), Unavailable) for reading in slow)
        assert pool.stats() == ParserStats(files=0, begun=0, processes=())


def test_a_file_that_is_not_wanted_any_more_is_given_up_while_it_is_read(endless: Path) -> None:
    wanted = threading.Event()
    wanted.set()

    def still() -> None:
        if not wanted.is_set():
            raise Conflict("The caller left.")

    with ParserPool(workers=1) as pool, ThreadPoolExecutor(2) as threads:
        reading, waiting = (threads.submit(pool.parse, "a.txt", endless, still=still) for _ in range(2))
        wait_for(lambda: (pool.stats().files, pool.stats().begun) == (2, 1))
        wanted.clear()

        assert isinstance(reading.exception(), Conflict)
        assert isinstance(waiting.exception(), Conflict)
        assert pool.parse("a.txt", b"next").text == "next"


def test_a_process_is_replaced_after_its_number_of_files() -> None:
    with ParserPool(workers=1, process_limits=ProcessLimits(files=2)) as pool:
        seen: list[int] = []
        for _ in range(4):
            seen += pool.stats().processes
            pool.parse("a.txt", b"x")

    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_a_process_that_has_grown_is_replaced(pool: ParserPool) -> None:
    pool.parse("a.txt", b"warm")
    usual = int(Path(f"/proc/{pool.stats().processes[0]}/statm").read_text().split()[0]) * resource.getpagesize()
    with ParserPool(workers=1, process_limits=ProcessLimits(memory_bytes=usual * 3 // 2)) as narrow:
        before = narrow.stats().processes
        assert narrow.parse("a.txt", b"x").text == "x"

        assert narrow.stats().processes != before
        assert narrow.parse("a.txt", b"y").text == "y"


def test_what_our_readers_log_reaches_our_log(pool: ParserPool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    pool.parse("a.doc", documents.doc("plain words\r", shorts=20))

    assert "trying our own reader" in caplog.text
    assert "plain words" not in caplog.text


def test_files_of_many_threads_each_get_their_own_answer() -> None:
    with ParserPool(workers=2) as pool, ThreadPoolExecutor(16) as threads:
        texts = [f"text number {number}" for number in range(100)]

        assert [d.text for d in threads.map(lambda text: pool.parse("a.txt", text.encode()), texts)] == texts


def test_closing_ends_what_is_being_read_and_leaves_nothing(endless: Path) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    threads_before = threading.active_count()
    pool = ParserPool(workers=2)
    started = pool.stats().processes
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(pool.parse, "a.txt", endless)
        wait_for(lambda: pool.stats().files == 1)
        pool.close()
        pool.close()
        assert isinstance(reading.exception(), Unavailable)

    assert isinstance(failure(pool, "a.txt", b"x"), Unavailable)
    assert not any(map(is_alive, started))
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    assert threading.active_count() <= threads_before


PARENT = """
    import signal, sys, threading
    from app.services.parsing.pool import ParserPool
    from tests.waiting import wait_for
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
    pool = ParserPool(workers=2, pdf_engine="pypdf")
    pool.parse("a.txt", b"warm")
    pool.parse("a.txt", b"warm")
    threading.Thread(target=pool.parse, args=("a.pdf", open(sys.argv[1], "rb").read()), daemon=True).start()
    wait_for(lambda: pool.stats().begun == 1)
    print(*pool.stats().processes, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_parent_busy_or_idle(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(SLOW)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout
        assert parent.stderr
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        assert all(map(is_alive, children))

        os.killpg(parent.pid, number)  # as Ctrl-C in a terminal does
        errors = parent.stderr.read()

    wait_for(lambda: not any(map(is_alive, children)))
    assert "parsing.child" not in errors
    assert "parsing/child" not in errors


def test_a_process_loads_nothing_of_the_service_and_knows_none_of_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk-secret")
    heavy = "'fastapi', 'chromadb', 'onnxruntime', 'torch', 'langchain_core', 'sqlalchemy', 'pydantic'"
    code = (
        f"import sys, app.services.parsing.child as c; c._warm_up(); print([n for n in ({heavy}) if n in sys.modules])"
    )

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
    with ParserPool(workers=1) as pool:
        pool.parse("a.txt", b"warm")
        assert b"secret" not in Path(f"/proc/{pool.stats().processes[0]}/environ").read_bytes()


def test_what_a_process_says_is_never_unpickled() -> None:
    document = LoadedDocument("md", "# Ü\n😀", (0,), (Heading(0, 1, "Ü"),), ("Page 1 could not be read.",))
    answer = Answer(document, ((20, "read by the second engine", {"where": "a.py:1"}),), worn=True)
    order = Order("a\u202e.md", None, "pdfium", 60, ReadLimits(max_pages=7))

    assert unpack_answer(*pack_answer(answer)) == answer
    assert unpack_order(pack_order(order)) == order
    for payload in [b"", b"\x80\x04N.", b"{}", b"[]", b'{"error": {"kind": "SystemExit", "detail": "", "code": ""}}']:
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            unpack_answer(payload, b"")
