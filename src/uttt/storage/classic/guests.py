"""Brings temporary users who have a live session, each with that session."""

from collections.abc import Container
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from uttt.storage.classic import accounts, residents
from uttt.storage.classic.residents import Resident
from uttt.storage.classic.source import Rows, Source
from uttt.storage.classic.tally import Reason, Skipped, Tallies, Tally, Terms
from uttt.storage.tables import players, sessions

_UPDATE = (
    update(players)
    .where(players.c.id == bindparam("key"))
    .values(created_at=bindparam("new_seen_at"), seen_at=bindparam("new_seen_at"))
)


def bring(connection: Connection, source: Source, terms: Terms, tallies: Tallies) -> None:
    """Bring all temporary users."""
    for rows in source.other_sessions():
        _bring(connection, rows, terms, tallies.guests)
        terms.advance("sessions", len(rows))


def _bring(connection: Connection, rows: Rows, terms: Terms, tally: Tally) -> None:
    here = residents.find(connection, [row.temp_user for row in rows])
    held = accounts.sessions_with(connection, _hashes(rows))
    new: dict[str, tuple[bytes, int]] = {}
    changed: dict[int, tuple[int, int]] = {}
    for row in rows:
        tally.read += 1
        try:
            hashed, seen = _session(row, terms)
            session, resident = held.get(hashed), here.get(row.temp_user)
            if session is None:
                if resident is not None and accounts.make_room(connection, resident, terms):
                    del here[row.temp_user]
                _check_free(row.temp_user, here, new)
                new[row.temp_user] = hashed, seen
                continue
            _check_unused(resident, session)
        except Skipped as skipped:
            tally.skip(skipped.reason)
            continue
        if session.seen_at == seen:
            tally.unchanged += 1
        else:
            changed[session.id] = session.player_id, seen
    _insert(connection, new)
    _update(connection, changed)
    tally.imported += len(new)
    tally.updated += len(changed)


def _session(row: Any, terms: Terms) -> tuple[bytes, int]:  # noqa: ANN401 - a row of any database
    if row.temp_user is None:
        raise Skipped(Reason.NAMES_BOTH_OR_NEITHER)
    hashed = accounts.token_hash(row.id)
    if not residents.is_name(row.temp_user):
        raise Skipped(Reason.BAD_NAME)
    return hashed, terms.seen(row.last_seen, terms.lifetimes.temporary_session)


def _hashes(rows: Rows) -> list[bytes]:
    hashes = []
    for row in rows:
        try:
            hashes.append(accounts.token_hash(row.id))
        except Skipped:
            continue
    return hashes


def _check_free(name: str, *holders: Container[str]) -> None:
    if any(name in names for names in holders):
        raise Skipped(Reason.NAME_TAKEN)


def _check_unused(resident: Resident | None, session: Any) -> None:  # noqa: ANN401 - a row
    """Raise Skipped if he has used his session here, or it is somebody else's."""
    if resident is None or resident.registered or session.player_id != resident.id:
        raise Skipped(Reason.IN_USE)
    if session.seen_at != session.created_at or not resident.untouched:
        raise Skipped(Reason.IN_USE)


def _insert(connection: Connection, new: dict[str, tuple[bytes, int]]) -> None:
    if not new:
        return
    connection.execute(
        insert(players),
        [
            {"name": name, "registered": False, "created_at": seen, "seen_at": seen}
            for name, (_, seen) in new.items()
        ],
    )
    ids = {name: resident.id for name, resident in residents.find(connection, new).items()}
    connection.execute(
        insert(sessions),
        [
            {"token_hash": hashed, "player_id": ids[name], "created_at": seen, "seen_at": seen}
            for name, (hashed, seen) in new.items()
        ],
    )


def _update(connection: Connection, changed: dict[int, tuple[int, int]]) -> None:
    if not changed:
        return
    accounts.update_sessions(connection, {id_: seen for id_, (_, seen) in changed.items()})
    connection.execute(
        _UPDATE,
        [{"key": player_id, "new_seen_at": seen} for player_id, seen in changed.values()],
    )
