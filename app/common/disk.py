"""What folders take on disk."""

import os
from pathlib import Path


def size_of(*folders: Path) -> int:
    """Return the bytes of all files in the folders and below, each once; what vanishes meanwhile counts nothing."""
    # os.walk goes on when a folder vanishes under it, as those of deleted clients do; Path.rglob does not.
    walks = [walk for folder in folders for walk in os.walk(folder)]
    return sum(_file_size(path) for path in {Path(folder, name) for folder, _, names in walks for name in names})


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # it went between listing and looking
