"""What tests of the indexes of words put in and look for."""

from pathlib import Path

import numpy as np

from app.common.ids import ClientId
from app.services.words.postings import FACTS, Facts
from app.services.words.store import WordStore

ALPHA, BETA = ClientId("alpha"), ClientId("beta")


def facts(count: int) -> Facts:
    """Facts of parts that are each a group and a page of their own."""
    made = np.zeros(count, FACTS)
    made["size"] = 1
    made["group"] = made["leaf"] = np.arange(count)
    made["page"] = np.arange(count) + 1
    made["start"] = np.arange(count) * 100
    made["end"] = made["start"] + 90
    made["norm"] = 90
    return made


def add(store: WordStore, client: ClientId, document: str, *texts: str) -> None:
    store.add(client, document, texts, facts(len(texts)))


def best(store: WordStore, client: ClientId, question: str) -> list[tuple[str, int]]:
    """The parts with a word of the question, best first, as (document, place in it)."""
    view = store.search(client, question)
    assert view is not None
    scores = view.scores.values
    found = []
    for number in np.argsort(-scores, kind="stable"):
        if scores[number] > 0:
            (owner,) = [d for d in view.contents.documents if d.first <= number < d.first + d.count]
            found.append((owner.document_id, int(number) - owner.first))
    return found


def holds(root: Path, word: str) -> bool:
    return any(word.encode() in file.read_bytes() for file in root.rglob("*") if file.is_file())
