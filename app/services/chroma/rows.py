"""Chunks as rows of Chroma's collections, and back."""

from collections.abc import Mapping
from typing import Any

from langchain_core.embeddings import Embeddings

from app.common.passages import Chunk
from app.common.vectors import Vectors

_FIELDS = ("document_id", "index", "page", "section", "source", "start", "end")


class Precomputed(Embeddings):
    """Hands out vectors that exist already."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each text, in order."""
        if len(texts) != len(self._vectors):
            raise ValueError("one vector for each text is needed")
        rows: Any = list(self._vectors)  # Chroma takes arrays as they are
        return list(rows)

    def embed_query(self, text: str) -> list[float]:
        """Never used: questions come with their vector."""
        raise NotImplementedError


def metadata_of(chunk: Chunk) -> dict[str, Any]:
    """Return what is stored beside a chunk's text. Chroma takes no empty lists and no None."""
    given = {"sections": list(chunk.sections), "head": chunk.head, "number": chunk.number}
    optional = {name: value for name, value in given.items() if value not in ([], "", None)}
    return {field: getattr(chunk, field) for field in _FIELDS} | optional


def chunk_ids(document_id: str, offset: int, limit: int) -> list[str]:
    """Return the ids that the document's chunks number `offset` to `offset + limit` have."""
    return [f"{document_id}:{index}" for index in range(offset, offset + limit)]


def to_chunks(found: Mapping[str, Any]) -> list[Chunk]:
    """Return the chunks that Chroma gave out, without those of which a part is lost."""
    pairs = zip(found["documents"], found["metadatas"], strict=True)
    return [to_chunk(text, data) for text, data in pairs if text is not None and data and data.keys() >= set(_FIELDS)]


def to_chunk(text: str, metadata: Mapping[str, Any]) -> Chunk:
    """Return one chunk."""
    fields = {field: metadata[field] for field in _FIELDS}
    return Chunk(
        text=text,
        **fields,
        sections=tuple(metadata.get("sections") or ()),
        head=metadata.get("head", ""),
        number=metadata.get("number"),
    )
