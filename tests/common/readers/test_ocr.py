import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from app.common.errors import AppError
from app.common.file_loader import LoadedDocument, ReadLimits, Recogniser, load_document
from app.common.readers.ocr import text_of_table
from app.services.parsing.pool import ParserPool
from tests import containers, documents

TESSERACT = shutil.which("tesseract") or ""
needs_tesseract = pytest.mark.skipif(not TESSERACT, reason="tesseract is not installed")
PAGE = "The harbour crane lifts forty tonnes.\nIt was built in 1962."
MIXED = "This page has text of its own."


def read(content: bytes, limits: ReadLimits | None = None, program: str = TESSERACT) -> LoadedDocument:
    return load_document("a.pdf", content, recogniser=Recogniser(program), limits=limits)


def failure(content: bytes, program: str = TESSERACT, limits: ReadLimits | None = None) -> AppError:
    with pytest.raises(AppError) as caught:
        read(content, limits, program)
    return caught.value


def program(folder: Path, script: str) -> str:
    """Return the path of a stand-in for tesseract that answers with one word after `script` has run."""
    path = folder / "tesseract"
    word = r"5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96\tread\n"
    languages = r"List of languages\neng\n"
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --list-langs ]; then printf "{languages}"; exit; fi\n{script}\nprintf "{word}"\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def failure_of(pool: ParserPool) -> str:
    with pytest.raises(AppError) as caught:
        pool.parse("a.pdf", documents.pdf_image_only())
    return caught.value.code


def rows(*words: tuple[str, str, str, float]) -> str:
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    lines = [f"5\t1\t1\t{par}\t{line}\t1\t0\t0\t9\t9\t{sure}\t{word}" for par, line, word, sure in words]
    return "\n".join([head, "4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t", *lines])


@needs_tesseract
def test_a_scanned_page_is_read_and_named() -> None:
    document = read(containers.scan(PAGE))

    assert document.text == PAGE
    assert document.warnings == ("Page 1 was read by OCR.",)


@needs_tesseract
def test_a_page_that_was_scanned_upside_down_is_read() -> None:
    text = "\n".join([PAGE] * 6)

    assert "harbour crane lifts forty" in read(containers.scan(text, turned=180)).text


@needs_tesseract
def test_noise_in_an_image_is_no_text() -> None:
    error = failure(documents.pdf_image_only())

    assert error.code == "no_text"
    assert "none could be recognised" in error.detail


def test_a_page_with_any_text_is_not_read_as_an_image(tmp_path: Path) -> None:
    marker = tmp_path / "called"
    document = read(documents.pdf(MIXED), program=program(tmp_path, f"touch {marker}"))

    assert document.text == MIXED
    assert not document.warnings
    assert not marker.exists()


def test_only_the_pages_without_text_are_recognised_and_blank_ones_have_none(tmp_path: Path) -> None:
    content = documents.pdf_mixed(MIXED, None, None, "", MIXED)
    document = read(content, program=program(tmp_path, "cat >/dev/null"))

    assert document.text == f"{MIXED}\n\nread\n\nread\n\n\n\n{MIXED}"
    assert document.warnings == ("Pages 2, 3 were read by OCR.", "Page 4 holds no text.")


def test_pages_beyond_the_limit_are_left_out_and_named(tmp_path: Path) -> None:
    document = read(documents.pdf_image_only(4), ReadLimits(max_ocr_pages=2), program(tmp_path, "cat >/dev/null"))

    assert document.text.split() == ["read", "read"]
    assert document.warnings == (
        "Pages 1, 2 were read by OCR.",
        "Pages 3, 4 were not read: OCR has used up its time or pages; split the file.",
    )


def test_time_that_is_used_up_ends_the_recognition(tmp_path: Path) -> None:
    error = failure(documents.pdf_image_only(3), program(tmp_path, "sleep 60"), ReadLimits(ocr_seconds=0.3))

    assert error.code == "no_text"


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "head -c 100 /dev/urandom; exit"])
def test_a_program_that_fails_costs_the_text_alone(script: str, tmp_path: Path) -> None:
    assert failure(documents.pdf_image_only(), program(tmp_path, script)).code == "no_text"


def test_a_program_that_is_gone_costs_the_text_alone(tmp_path: Path) -> None:
    assert failure(documents.pdf_image_only(), str(tmp_path / "tesseract")).code == "no_text"


def test_a_huge_page_is_drawn_smaller(tmp_path: Path) -> None:
    size = tmp_path / "size"
    content = documents.pdf_image_only().replace(b"[0 0 595 842]", b"[0 0 14400 14400]")
    read(content, program=program(tmp_path, f"head -c 20 | head -n 1 > {size}; cat >/dev/null"))
    _, width, height, _ = size.read_text().split()

    assert int(width) * int(height) <= 25_100_000


def test_lines_become_paragraphs_and_cut_words_whole() -> None:
    table = rows(
        ("1", "1", "The", 90.0), ("1", "1", "dan-", 91.0), ("1", "2", "gerous", 92.0), ("1", "3", "A-", 93.0),
        ("1", "4", "Team", 93.0), ("2", "1", "Next", 93.0),
    )  # fmt: skip

    assert text_of_table(table) == "The dangerous\nA-\nTeam\n\nNext"


def test_words_that_were_guessed_are_no_text() -> None:
    assert text_of_table(rows(("1", "1", "qzx", 20.0), ("1", "2", "wvk", 40.0))) == ""
    assert text_of_table("") == ""


@needs_tesseract
def test_the_service_reads_scans_in_its_own_process() -> None:
    with ParserPool(workers=1, ocr="auto") as pool:
        assert pool.reads_scans
        assert pool.parse("a.pdf", containers.scan(PAGE)).text == PAGE


@pytest.mark.parametrize("ocr", ["auto", "off"])
def test_without_tesseract_or_without_ocr_a_scan_has_no_text(ocr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if ocr == "auto":
        monkeypatch.setenv("PATH", "")
    with ParserPool(workers=1, ocr="auto" if ocr == "auto" else "off") as pool:
        assert not pool.reads_scans
        with pytest.raises(AppError) as caught:
            pool.parse("a.pdf", documents.pdf_image_only())

    assert caught.value.code == "no_text"
    assert "no OCR" in caught.value.detail


def test_closing_ends_the_program_that_reads_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = tmp_path / "pid"
    os.mkfifo(started)
    program(tmp_path, f"echo $$ > {started}; exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    pool = ParserPool(workers=1, ocr="auto")
    reading = threading.Thread(target=failure_of, args=(pool,))
    reading.start()
    pid = int(started.read_text())
    pool.close()
    reading.join()

    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
