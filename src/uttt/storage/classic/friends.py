"""Brings friend lists."""

from sqlalchemy import Connection, delete, insert, select, tuple_

from uttt.storage.classic import residents
from uttt.storage.classic.residents import Resident
from uttt.storage.classic.source import Page, Rows, Source
from uttt.storage.classic.tally import Reason, Skipped, Tallies, Tally, Terms
from uttt.storage.tables import friends


def bring(connection: Connection, source: Source, terms: Terms, tallies: Tallies) -> None:
    """Bring all friend lists. The accounts are here already."""
    for page in source.users(names_only=True):
        rows = source.friends_of(page)
        _bring(connection, page, rows, tallies.friends)
        terms.advance("friends", len(rows))


def _bring(connection: Connection, page: Page, rows: Rows, tally: Tally) -> None:
    names = {row.name for row in page.users} | {name for row in rows for name in row}
    here = residents.find(connection, names)
    lists = _lists(connection, [here[row.name] for row in page.users if row.name in here])
    wanted: set[tuple[int, int]] = set()
    for row in rows:
        tally.read += 1
        try:
            wanted.add(_pair(here, row.user, row.friend, wanted))
        except Skipped as skipped:
            tally.skip(skipped.reason)
    new = [{"player_id": mine, "friend_id": his} for mine, his in sorted(wanted - lists)]
    if new:
        connection.execute(insert(friends), new)
    gone = sorted(lists - wanted)
    key = tuple_(friends.c.player_id, friends.c.friend_id)
    for pairs in residents.pieces(gone):
        connection.execute(delete(friends).where(key.in_(pairs)))
    tally.imported += len(new)
    tally.unchanged += len(wanted & lists)
    tally.removed += len(gone)


def _pair(
    here: dict[str, Resident], user: object, friend: object, known: set[tuple[int, int]]
) -> tuple[int, int]:
    if user == friend:
        raise Skipped(Reason.OWN_FRIEND)
    one, other = (here.get(name) if isinstance(name, str) else None for name in (user, friend))
    if one is None or other is None:
        raise Skipped(Reason.NO_SUCH_PLAYER)
    if not all(resident.registered and resident.was_imported for resident in (one, other)):
        raise Skipped(Reason.NO_SUCH_PLAYER)
    if not _is_ours_to_write(one):
        raise Skipped(Reason.IN_USE)
    if (one.id, other.id) in known:
        raise Skipped(Reason.DUPLICATE)
    return one.id, other.id


def _is_ours_to_write(resident: Resident) -> bool:
    """Whether nobody can have changed his list here."""
    return resident.has_old_password and resident.untouched


def _lists(connection: Connection, owners: list[Resident]) -> set[tuple[int, int]]:
    """Return the lists, as an earlier import has brought them, of those who may be written."""
    ids = [owner.id for owner in owners if _is_ours_to_write(owner)]
    if not ids:
        return set()
    rows = connection.execute(
        select(friends.c.player_id, friends.c.friend_id).where(friends.c.player_id.in_(ids))
    )
    return {(row.player_id, row.friend_id) for row in rows}
