"""Chunks and passages: the pieces of documents that are stored, found and cited."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypedDict

from app.common.labels import NO_LABELS, Labels

_NO_LETTERS = re.compile(r"[\W_]+")
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one document.

    `start` and `end` are character offsets into the document's cleaned text, `page` is 1-based, `section` is the
    path of headings above where it begins (`Billing > Refunds`) or empty, `source` is the file name as the client gave
    it. `sections` are all that it reaches into, the first included, when that is more than `section` says. Rows of a
    table may have its header put before them; `start` and `end` are then those of the rows.

    What is stored and embedded are parts of the chunks that a document's list shows: `index` counts the parts, `number`
    says which chunk of the list a part belongs to (None: it is a chunk itself). `head` are the first lines of its page
    where a document marks no headings.
    """

    document_id: str
    index: int
    text: str
    page: int
    section: str
    source: str
    start: int
    end: int
    sections: tuple[str, ...] = ()
    head: str = ""
    number: int | None = None

    @property
    def id(self) -> str:
        """The chunk's id in the vector store: the same document never holds two of one id."""
        return f"{self.document_id}:{self.index}"


class ChunkSpan(NamedTuple):
    """A chunk of a document's list: its place in the text, and the parts number `first` to before `after` it is in.

    `header` is that of its table, where it does not begin with it.
    """

    start: int
    end: int
    first: int
    after: int
    header: str = ""


def title_of(filename: str) -> str:
    """Return a file name as a title; empty if it says nothing, such as a number."""
    title = _NO_LETTERS.sub(" ", filename.rpartition(".")[0] or filename).strip()
    return title if _TWO_LETTERS.search(title) else ""


def embedded_text(chunk: Chunk) -> str:
    """Return what is embedded and looked through for words: document's title, headings above, text.

    So "Revenue 17,606" is found for the company and the statement it is of.
    """
    return "\n".join(line for line in (title_of(chunk.source), chunk.section or chunk.head, chunk.text.strip()) if line)


def header_of(chunk: Chunk) -> str:
    """Return the header of a table that was put before a chunk's rows, if any."""
    return chunk.text[: len(chunk.text) - (chunk.end - chunk.start)].rstrip("\n")


def joined(parts: Sequence[Chunk], start: int, end: int, header: str) -> str:
    """Return the document's text from `start` to `end`, which `parts` that follow each other cover, after a header."""
    pieces: list[str] = []
    at = start
    for part in parts:
        body = len(part.text) - (part.end - part.start)
        begin, stop = max(at, part.start), min(end, part.end)
        if begin < stop:
            pieces.append(part.text[body + begin - part.start : body + stop - part.start])
            at = stop
    text = "".join(pieces).strip()
    return f"{header}\n{text}" if header else text


def run_of(parts: Sequence[Chunk]) -> Chunk:
    """Return parts that follow each other as one piece of the document, from where its text begins to where it ends."""
    first, last = parts[0], parts[-1]
    sections = dict.fromkeys(name for part in parts for name in (part.sections or (part.section,)) if name)
    body = first.text[len(first.text) - (first.end - first.start) :]
    return replace(
        first,
        text=joined(parts, first.start, last.end, header_of(first)),
        start=first.start + len(body) - len(body.lstrip()),
        end=last.end - (len(last.text) - len(last.text.rstrip())),
        sections=tuple(sections) if len(sections) > 1 else (),
    )


class Reference(TypedDict):
    """Where a passage is from, and how well it fits, without its text: what is stored with an answer and shown."""

    document_id: str
    source: str
    page: int
    section: str
    sections: list[str]
    chunk_index: int
    start: int
    end: int
    score: float


class Shares(NamedTuple):
    """What a passage's value is the sum of.

    `vector`: nearness of meaning; `words`: words in common with the question; `name` and `code`: a word of the question
    that hardly another passage has, without figures or with some. The last two are not both there.
    """

    vector: float = 0.0
    words: float = 0.0
    name: float = 0.0
    code: float = 0.0


NO_SHARES = Shares()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of parts, or a chunk, that was found for a question.

    `score` is the cosine similarity of its best part, -1 to 1; `shares` make up what it was ranked by. `labels` are
    those of its document. It is made of so many `parts`. `rerank` is what a reranker gave it, on a scale of its own.
    """

    chunk: Chunk
    score: float
    shares: Shares = NO_SHARES
    labels: Labels = NO_LABELS
    parts: int = 1
    rerank: float | None = None

    @property
    def value(self) -> float:
        """What it was ranked by, words included."""
        return sum(self.shares)

    def reference(self) -> Reference:
        """Return where the passage is from."""
        chunk = self.chunk
        return Reference(
            document_id=chunk.document_id,
            source=chunk.source,
            page=chunk.page,
            section=chunk.section,
            sections=list(chunk.sections),
            chunk_index=chunk.index if chunk.number is None else chunk.number,
            start=chunk.start,
            end=chunk.end,
            score=round(self.score, 4),
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """Passages that a reranker may put into another order: more than are returned, best first, none longer than a few
    parts. Returned are about `budget` characters of them, and at most `most` passages.
    """

    passages: Sequence[Passage] = ()
    budget: int = 0
    most: int | None = None


NO_POOL = Pool()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question: the passages, best first, and what a reranker may choose from instead."""

    passages: Sequence[Passage]
    pool: Pool = NO_POOL
