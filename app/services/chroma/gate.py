"""The gate before Chroma's files: at the start, does the installed chromadb write what this service reads?

Three chunks are written in a scratch folder with the installed library, and read with our own readers. A release that
changes a format ends the start with one sentence, before any file of the store is touched.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.common.errors import AppError, StartupError
from app.common.passages import Chunk
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.client import installed_version
from app.services.chroma.collections import ChromaCollections, Probe
from app.services.chroma.formats import KNOWN_VERSIONS, KnownFormats, UnknownFormat
from app.services.chroma.index import Damaged, salvage
from app.services.chroma.models import metadata_for

SCRATCH_PREFIX = ".format-check-"

_NAME = "docs_gate"
_MODEL = "gate"
_DIMENSION = 8
_KEPT = 2
_PASSED: set[str] = set()
"""Versions that passed in this process: the installed library does not change while it runs."""


def pass_gate(root: Path) -> KnownFormats:
    """Return the proof that the store's files may be worked on; `root` is the store's folder.

    Raises StartupError when the installed chromadb is not one this service knows, or writes files that it cannot
    read. Nothing that was in `root` is touched.
    """
    version = installed_version()
    if version not in KNOWN_VERSIONS:
        raise _unknown(version)
    proof = KnownFormats(version)
    if version not in _PASSED:
        with _scratch(root) as folder:
            _try_out(folder, proof)
        _PASSED.add(version)
    return proof


def _unknown(version: str) -> StartupError:
    known = " or ".join(sorted(KNOWN_VERSIONS))
    return StartupError(
        f"This service does not know the files that chromadb {version} writes; install chromadb=={known} "
        "(nothing in the vector store was touched)."
    )


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """Make a folder below `root` for the trial; what an earlier trial left behind goes with it."""
    for left in root.glob(f"{SCRATCH_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _try_out(folder: Path, proof: KnownFormats) -> None:
    """Write, read, purge and write again; raises StartupError at the first thing that is not as known."""
    try:
        _write(folder)
        _read(folder)
        chroma_sql.compact(folder, proof)
        _write_on(folder)
    except (Damaged, UnknownFormat, chroma_sql.MaintenanceFailed, AppError, LookupError, ValueError) as exc:
        raise StartupError(
            f"The installed chromadb {proof.version} does not write its files as this service reads them; install "
            "requirements.txt again, and see that the disk is not full (nothing in the vector store was touched)."
        ) from exc


def _chunk(document_id: str) -> Chunk:
    return Chunk(document_id, 0, f"text of {document_id}", page=1, section="", source="gate", start=0, end=1)


def _vector(place: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.eye(_DIMENSION, dtype=np.float32)[place : place + 1]


def _write(folder: Path) -> None:
    chroma = ChromaCollections(folder, cache_size=1)
    try:
        chroma.create(_NAME, metadata_for(_MODEL))
        for place, name in enumerate(("kept", "also kept", "deleted")):
            chroma.upsert(_NAME, [_chunk(name)], _vector(place))
        chroma.delete_document(_NAME, "deleted")
    finally:
        chroma.close()


def _read(folder: Path) -> None:
    chroma_sql.prepare(folder)
    (facts,) = chroma_sql.facts(folder, _NAME)
    _demand(facts.rows == _KEPT and facts.dimension == _DIMENSION and 0 < facts.text_seq == facts.index_seq)
    segment = folder / facts.segment_id
    _demand(chroma_files.check_segment(segment, dimension=_DIMENSION, rows=_KEPT) == "ok")
    _demand(chroma_files.dead_rows(segment, _KEPT) == 1)
    vectors = salvage(segment)
    _demand(set(vectors) == {_chunk(name).id for name in ("kept", "also kept")})
    _demand(
        all(np.allclose(vectors[_chunk(name).id], _vector(place)) for place, name in enumerate(("kept", "also kept")))
    )
    counted = chroma_sql.contents(folder)
    _demand(counted.chunks == {facts.collection_id: {"kept": 1, "also kept": 1}})
    _demand(counted.logged.get(facts.collection_id, 0) <= facts.text_seq)


def _write_on(folder: Path) -> None:
    """After our purge of the log, nothing may be missing and the next write must be found."""
    chroma = ChromaCollections(folder, cache_size=1)
    try:
        _demand(chroma.count(_NAME) == _KEPT)
        chroma.upsert(_NAME, [_chunk("new")], _vector(_KEPT))
        nearest = chroma.nearest(_NAME, Probe(_vector(_KEPT)[0], _MODEL), 1, None)
        _demand(nearest.ids == [_chunk("new").id] and chroma.count(_NAME) == _KEPT + 1)
    finally:
        chroma.close()


def _demand(condition: object) -> None:
    if not condition:
        raise UnknownFormat
