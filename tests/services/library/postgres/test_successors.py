"""The embedding model was changed over documents in PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import text

from app.common.errors import NotFound, Unavailable
from app.common.passages import Chunk
from app.common.vectors import OtherModel, Vectors
from app.services.chroma.nearest import Probe
from app.services.library import NewDocument
from app.services.library.postgres import successors
from tests.services.library.contract import AIRPORT, EMBEDDER, HARBOUR, new_document, put
from tests.services.library.postgres.conftest import PostgresShelf

Another = Callable[..., PostgresShelf]
PROBE = Probe(np.ones(3, np.float32), "newer")


def embed(chunks: list[Chunk]) -> Vectors:
    """The newer model: its vectors have another length."""
    return EMBEDDER.embed_texts([chunk.text for chunk in chunks])[:, :3] + 1


def newer(document: NewDocument) -> NewDocument:
    """The same document with vectors of the newer model."""
    return replace(document, vectors=embed(list(document.parts)), model="newer")


@pytest.fixture
def old(open_shelf: Another) -> PostgresShelf:
    return open_shelf()


@pytest.fixture
def new(open_shelf: Another) -> PostgresShelf:
    """The library of the newer model over the same database."""
    return open_shelf(model="newer")


def found(shelf: PostgresShelf) -> set[str]:
    """Return the documents that the newer model's vectors find."""
    return {name.partition(":")[0] for name in shelf.vectors.nearest(HARBOUR, PROBE, 99).ids}


def waiting(shelf: PostgresShelf) -> int:
    with shelf.database.read(None) as connection:
        return int(connection.execute(text("SELECT count(*) FROM successors")).scalar_one())


def norms(shelf: PostgresShelf) -> list[float]:
    view = shelf.words.search(HARBOUR, "chunk")
    assert view is not None
    return [float(norm) for norm in view.contents.facts["norm"] if norm]


def test_vectors_of_two_models_never_meet(old: PostgresShelf, new: PostgresShelf) -> None:
    put(old.library, new_document("one"))
    for attempt in (
        lambda: new.vectors.nearest(HARBOUR, PROBE, 3),
        lambda: new.vectors.nearest_among(HARBOUR, PROBE, 3, ["one:0"]),
        lambda: put(new.library, newer(new_document("two"))),
    ):
        with pytest.raises(OtherModel) as caught:
            attempt()
        assert caught.value.model == "hash"
        assert new.library.model(HARBOUR) == "hash", "it is remembered"
    put(new.library, replace(new_document("two"), model="hash"))
    assert old.found(HARBOUR) == {"one", "two"}
    # When all are gone, the next ones have the model in use.
    new.library.remove_all(HARBOUR)
    with pytest.raises(OtherModel) as caught:
        put(new.library, replace(new_document("three"), model="hash"))
    assert caught.value.model == "newer"
    assert new.client(HARBOUR) is None
    put(new.library, newer(new_document("three")))
    assert new.library.outdated() == {}


def test_new_vectors_take_the_place_of_the_old_ones_when_all_are_there(old: PostgresShelf, new: PostgresShelf) -> None:
    put(old.library, new_document("one"))
    put(old.library, new_document("two", chunks=2))
    put(old.library, new_document("theirs", AIRPORT))
    assert new.library.outdated() == {HARBOUR: "hash", AIRPORT: "hash"}

    def while_old_ones_answer(chunks: list[Chunk]) -> Vectors:
        assert old.found(HARBOUR)
        return embed(chunks)

    new.library.reembed(HARBOUR, while_old_ones_answer)
    assert new.library.outdated() == {AIRPORT: "hash"}
    assert found(new) == {"one", "two"}
    assert waiting(new) == 0
    with pytest.raises(OtherModel):
        old.vectors.nearest(HARBOUR, Probe(EMBEDDER.embed_question("chunk"), "hash"), 3)
    after = norms(new)
    new.library.remove_all(HARBOUR)
    for document in (new_document("one"), new_document("two", chunks=2)):
        put(new.library, newer(document))
    assert norms(new) == pytest.approx(after), "what words note of the vectors is as if all had been uploaded again"
    with pytest.raises(NotFound):
        new.library.reembed(HARBOUR + "s", embed)  # type: ignore[arg-type]  # nobody's


def test_what_comes_and_goes_while_texts_are_embedded_comes_and_goes(old: PostgresShelf, new: PostgresShelf) -> None:
    for name in ("one", "two"):
        put(old.library, new_document(name))

    def meanwhile(chunks: list[Chunk]) -> Vectors:
        if "three" not in old.found(HARBOUR):
            old.library.remove(HARBOUR, "one")
            put(old.library, new_document("three"))
        return embed(chunks)

    new.library.reembed(HARBOUR, meanwhile)
    assert found(new) == {"two", "three"}
    assert waiting(new) == 0


def test_a_run_that_ends_early_leaves_the_old_vectors_and_the_next_one_goes_on(
    old: PostgresShelf, new: PostgresShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        put(old.library, new_document(name))
    monkeypatch.setattr(successors, "BATCH", 2)
    seen: list[list[str]] = []

    def broken(chunks: list[Chunk]) -> Vectors:
        seen.append([chunk.id for chunk in chunks])
        if len(seen) == 3:
            raise Unavailable("The model is gone.")
        return embed(chunks)

    with pytest.raises(Unavailable):
        new.library.reembed(HARBOUR, broken)
    assert old.found(HARBOUR) == {"one", "two"}
    assert waiting(new) == 4
    old.library.remove(HARBOUR, "one")
    assert waiting(new) == 1, "what is deleted goes from both"
    new.library.reembed(HARBOUR, broken)
    assert found(new) == {"two"}
    assert not {*seen[0], *seen[1]} & {name for batch in seen[3:] for name in batch}
    assert all(first != second for first, second in pairwise(seen[3:]))


def test_new_vectors_of_a_third_model_are_begun_again(
    old: PostgresShelf, new: PostgresShelf, open_shelf: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(old.library, new_document("one"))
    monkeypatch.setattr(successors, "BATCH", 2)

    def once(chunks: list[Chunk]) -> Vectors:
        if waiting(new):
            raise Unavailable("The model is gone.")
        return embed(chunks)

    with pytest.raises(Unavailable):
        new.library.reembed(HARBOUR, once)
    third = open_shelf(model="third")
    third.library.reembed(HARBOUR, lambda chunks: embed(chunks)[:, :2])
    assert third.vectors.nearest(HARBOUR, Probe(np.ones(2, np.float32), "third"), 9).ids
