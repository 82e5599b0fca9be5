"""Which of Chroma's file formats this service knows: the one fact that everything which changes its files rests on.

The index files, the id map and the tables of `chroma.sqlite3` are Chroma's own, and a release may change them. What
this service does not know it leaves alone: to call it damaged would delete and embed again what is only new.
"""

from dataclasses import dataclass

KNOWN_VERSIONS = frozenset({"1.5.9"})
"""The releases of chromadb whose files were read and changed by the tests of this service."""


class UnknownFormat(Exception):
    """The files are written in a way that this service does not know; they may be whole."""


@dataclass(frozen=True, slots=True)
class KnownFormats:
    """The proof that the installed chromadb writes what this service reads. Only `chroma_gate.pass_gate` makes one.

    Whatever deletes from Chroma's log, writes into its index files or truncates them asks for it.
    """

    version: str
