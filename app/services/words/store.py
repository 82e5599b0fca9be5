"""The indexes of words of all clients, as the library sees them."""

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.services.words.analysis import language_of, question_words, terms
from app.services.words.bm25 import WordScores, score_words
from app.services.words.checking import IndexReport, examine
from app.services.words.contents import Contents
from app.services.words.files import IndexFiles
from app.services.words.index import NewParts, PartIndex
from app.services.words.postings import Facts

logger = logging.getLogger(__name__)

_CACHED_BYTES = 64 << 20


class WordStoreFailed(AppError):
    """An index of words failed in a way that the caller cannot mend."""

    default_code = "word_index_failed"


@dataclass(frozen=True, slots=True)
class WordView:
    """What an index says of a question: its documents and parts, and how well each part's words match."""

    contents: Contents
    scores: WordScores


class WordStore:
    """Safe to use from many threads; the caller lets the changes of one client follow each other.

    Nothing here is the only copy of anything: an index can be made again from the texts.
    """

    def __init__(self, root: Path, *, open_files: int, patience: float = 10.0) -> None:
        """Keep the indexes below `root`; connections to at most `open_files` clients' files stay open.

        Whoever waits for another user of the same file gives up after `patience` seconds.
        """
        self._files = IndexFiles(root, open_files=open_files, patience=patience)
        self._cache = ContentsCache(_CACHED_BYTES)

    def add(self, client_id: ClientId, document_id: str, texts: Sequence[str], facts: Facts) -> None:
        """Add a document's parts: the text of each, and its facts except the number of words; all or nothing."""
        language = language_of("\n".join(texts))
        found = [terms(text, language) for text in texts]
        placed = facts.copy()
        # A part without a word is still a part: 0 would mean that it was deleted.
        placed["words"] = [min(max(1, length), 0xFFFF) for _, length in found]
        parts = NewParts(document_id, language, [part for part, _ in found], placed)
        with _word_errors(), self._files.opened(client_id) as index:
            index.add(parts)

    def revalue(self, client_id: ClientId, document_id: str, facts: Facts) -> None:
        """Note what `facts` say of the vectors of a document's parts; nothing else changes, nor if it is not there."""
        with _word_errors(), self._files.existing(client_id) as index:
            if index is not None:
                index.revalue(document_id, facts["norm"])

    def delete_document(self, client_id: ClientId, document_id: str) -> bool:
        """Remove a document; whether it was there."""
        with _word_errors():
            self._files.note_worn(client_id)
            with self._files.existing(client_id) as index:
                return index is not None and index.delete(document_id)

    def delete_client(self, client_id: ClientId) -> None:
        """Remove the client's index."""
        with _word_errors():
            self._files.remove(client_id)
            self._cache.forget(client_id)

    def search(self, client_id: ClientId, question: str) -> WordView | None:
        """Return how well each part's words match the question's; None when the client has no index."""
        with _word_errors(), self._files.existing(client_id) as index:
            if index is None:
                return None
            return self._view(client_id, index, question)

    def examine(self, client_id: ClientId) -> IndexReport:
        """Say how the client's index is. Costs a reading of all of it."""
        return examine(self._files.path(client_id))

    def remove_orphans(self, clients: Iterable[ClientId]) -> int:
        """Remove the indexes of all others than `clients`; return how many."""
        with _word_errors():
            return self._files.remove_orphans(clients)

    def scrub(self) -> bool:
        """Overwrite what deleted words left behind, and close the gaps where most parts of an index are deleted.

        False when somebody was in the way: try again later. An index that is found damaged is removed: it is made again
        from the texts when it is missed.
        """
        try:
            self._files.compact_worn()
        except sqlite3.OperationalError:
            return False
        return True

    def open_count(self) -> int:
        """Return how many clients' files are kept open."""
        return self._files.open_count()

    def close(self) -> None:
        """Release the files."""
        self._files.close()

    def _view(self, client_id: ClientId, index: PartIndex, question: str) -> WordView:
        with index.view():
            contents = self._contents(client_id, index)
            languages = list(dict.fromkeys(document.language for document in contents.documents))
            words = question_words(question, languages)
            postings = index.postings({form for word in words for form in word.forms})
        return WordView(contents, score_words(words, postings, contents.facts["words"]))

    def _contents(self, client_id: ClientId, index: PartIndex) -> Contents:
        change = index.change()
        known = self._cache.get(client_id)
        if known is None or known.change != change:
            known = index.contents()
            self._cache.put(client_id, known)
        return known


class ContentsCache:
    """The contents of the indexes that were asked last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._guard = RankedLock(Rank.LEAF)
        self._kept: OrderedDict[ClientId, Contents] = OrderedDict()
        self._bytes = 0

    def get(self, client_id: ClientId) -> Contents | None:
        """Return what is kept of the client: the caller looks whether it is of the present state."""
        with self._guard:
            if client_id in self._kept:
                self._kept.move_to_end(client_id)
            return self._kept.get(client_id)

    def put(self, client_id: ClientId, contents: Contents) -> None:
        """Keep this of the client, in the place of others that were not asked for longest."""
        with self._guard:
            self._drop(client_id)
            self._kept[client_id] = contents
            self._bytes += contents.size_bytes
            while self._bytes > self._limit and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def forget(self, client_id: ClientId) -> None:
        """Keep nothing of the client."""
        with self._guard:
            self._drop(client_id)

    def _drop(self, client_id: ClientId) -> None:
        gone = self._kept.pop(client_id, None)
        if gone is not None:
            self._bytes -= gone.size_bytes


@contextmanager
def _word_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, IndexError) as exc:
        raise WordStoreFailed("The index of words failed; try again or ask the operator to look.") from exc
