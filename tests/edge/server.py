"""The real service in a process of its own, with quick embeddings: `python -m tests.edge.server PORT [uvicorn flags]`.

It is started as the documentation says, through uvicorn's own command. With EMBEDDING_PAUSE each batch takes so many
seconds, which makes an upload last.
"""

import os
import sys
import threading
from collections.abc import Sequence

import uvicorn

from app.bootstrap import open_services
from app.common.vectors import Vectors
from app.config import load_settings
from app.main import create_app
from app.services.embedding.types import OnBatch
from tests.fakes import HashEmbeddings


class PausingEmbeddings(HashEmbeddings):
    """Takes its time over each batch."""

    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """See Embedder."""

        def paused(done: int) -> None:
            threading.Event().wait(float(os.environ.get("EMBEDDING_PAUSE", "0")))
            if on_batch:
                on_batch(done)

        return super().embed_texts(texts, paused, owner=owner, urgent=urgent)


app = create_app(load_settings(None), opener=lambda settings: open_services(settings, embedder=PausingEmbeddings()))

if __name__ == "__main__":
    sys.argv = ["uvicorn", "tests.edge.server:app", "--host", "127.0.0.1", "--port", *sys.argv[1:]]
    uvicorn.main()
