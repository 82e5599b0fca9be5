"""How handlers change something: in their turn, and only if the caller still may when it comes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends

from app.common.lives import Standing
from app.common.work import Threads
from app.dependencies.callers import CallerDep
from app.dependencies.services import WorkDep

T = TypeVar("T")

EVERYBODY = "(operator)"
"""In whose name waits what concerns all clients."""


@dataclass(frozen=True, slots=True)
class Writing:
    """The changes that one request makes. `standing` goes to stores that ask it in the moment of writing."""

    standing: Standing
    _threads: Threads

    async def run(self, owner: str | None, change: Callable[[], T]) -> T:
        """Make a change, of the client's things or of everybody's, and return its result.

        Raises NotAuthenticated when the caller's key is no good any more, and what `change` and the threads raise.
        """

        def checked() -> T:
            self.standing.require()
            return change()

        return await self._threads.run(EVERYBODY if owner is None else owner, checked)


async def get_writing(caller: CallerDep, work: WorkDep) -> Writing:
    """Return how this request changes things."""
    return Writing(caller.standing, work.write)


WritingDep = Annotated[Writing, Depends(get_writing)]
