"""Runs as a program of its own: embeds documents again, and is ended in the middle of the second client."""

import os
import sys
from pathlib import Path

from app.bootstrap import open_services
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma import successors
from tests.api import settings_in
from tests.fakes import OtherEmbeddings


class Ending:
    """Embeds once, and ends the process when it is asked again: some of the vectors are written then."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, chunks: list[Chunk]) -> Vectors:
        """See `Embed`."""
        if self.asked:
            os._exit(9)
        self.asked = True
        return OtherEmbeddings().embed_texts([chunk.text for chunk in chunks])


def main(folder: str) -> None:
    """Embed one client again, and end without a word while the other one's successor is half there."""
    with open_services(settings_in(Path(folder)), embedder=OtherEmbeddings()) as services:
        first, second = sorted(services.internals.library.outdated())
        assert services.reembedder.run(first)

        successors.BATCH = 1
        services.internals.library.reembed(second, Ending())


if __name__ == "__main__":
    main(sys.argv[1])
