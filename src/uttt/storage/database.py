"""What every database offers to the services, in their words. Implemented by `sqlite.py` and
`server.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection

from uttt.storage.work import Work

T = TypeVar("T")
PATIENCE: Final = 1.5
"""Seconds after which a database that has not answered is taken to be gone."""


class Database(Protocol):
    """A place where what is committed stays. All methods may raise Unavailable."""

    writers: int
    """How many batches of changes it can write beside those of moves, of ends, of newcomers and of
    new matches; 0: only one batch at a time.
    """

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on what is committed; all of it sees the same moment."""

    async def look(self, query: Callable[[Connection], T]) -> T:
        """The same for a `query` of one statement, which sees one moment by itself: it needs no
        transaction and costs half.
        """

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        """Write a batch in one transaction; when this returns it is on the disk.

        After `patience` seconds it gives up.

        Returns for each piece of work, in order, what it returned or the exception that it raised;
        a piece that raised has changed nothing and costs the others nothing. Entries come first,
        then newcomers, then new matches, whatever their place. If Unavailable is raised then, as
        far as the database could still tell, nothing was written; if it is Locked, then for
        certain.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
