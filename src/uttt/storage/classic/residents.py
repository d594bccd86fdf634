"""Who holds names here, and whether he has come from the old server. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from uttt.domain import classic
from uttt.domain.names import fold_name
from uttt.storage.classic.tally import SECOND
from uttt.storage.tables import players

T = TypeVar("T")
_AT_A_TIME: Final = 1000
"""Values in one statement; databases have limits of some ten thousands."""


class Resident(NamedTuple):
    """A row of `players`."""

    id: int
    name: str
    registered: bool
    password_hash: str | None
    rating: int | None
    created_at: int
    seen_at: int

    @property
    def has_old_password(self) -> bool:
        """An account that was imported, surely, and that nobody has logged in to since."""
        return classic.is_classic(self.password_hash)

    @property
    def was_imported(self) -> bool:
        """Whether he has come from the old server. Of a thousand who have not, one looks so, too;
        so nothing that gives access to an account may depend on it.
        """
        return self.has_old_password or self.created_at % SECOND == 0

    @property
    def untouched(self) -> bool:
        """Nobody has acted in his name here."""
        return self.seen_at == self.created_at


def find(connection: Connection, names: Iterable[object]) -> dict[str, Resident]:
    """Return those who hold these names. Anything that is no name is held by nobody."""
    wanted = sorted({name for name in names if isinstance(name, str) and is_name(name)})
    columns = [players.c[field] for field in Resident._fields]
    found: dict[str, Resident] = {}
    for piece in pieces(wanted):
        rows = connection.execute(select(*columns).where(players.c.name.in_(piece)))
        found.update((row.name, Resident(*row)) for row in rows)
    return found


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values into as many as one statement may name."""
    for start in range(0, len(values), _AT_A_TIME):
        yield values[start : start + _AT_A_TIME]


def is_name(value: object) -> bool:
    """Whether this is a name as it is stored here."""
    return value is not None and fold_name(value) == value
