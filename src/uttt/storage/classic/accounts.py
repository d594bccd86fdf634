"""Brings accounts, and the sessions by which browsers stay logged in to them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from uttt.domain import classic
from uttt.storage import players as players_statements
from uttt.storage.classic import residents
from uttt.storage.classic.residents import Resident
from uttt.storage.classic.source import Page, Rows, Source
from uttt.storage.classic.tally import Reason, Skipped, Tallies, Tally, Terms
from uttt.storage.tables import players, rating_changes, sessions

_SESSION_ID = re.compile(r"[0-9a-f]{32}")
_CHANGED: Final = ("password_hash", "rating", "created_at", "seen_at")
_UPDATE_PLAYER = (
    update(players)
    .where(players.c.id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_UPDATE_SESSION = (
    update(sessions)
    .where(sessions.c.id == bindparam("key"))
    .values(created_at=bindparam("new_seen_at"), seen_at=bindparam("new_seen_at"))
)


def bring(connection: Connection, source: Source, terms: Terms, tallies: Tallies) -> None:
    """Bring all accounts with their sessions."""
    for page in source.users():
        _bring_accounts(connection, page.users, terms, tallies.accounts)
        terms.advance("users", len(page.users))
        rows = source.sessions_of(page)
        _bring_sessions(connection, page, rows, terms, tallies.sessions)
        terms.advance("sessions", len(rows))


def token_hash(session_id: object) -> bytes:
    """Return what is stored of a session id, as the services do. Raises Skipped if it is none."""
    if not isinstance(session_id, str) or not _SESSION_ID.fullmatch(session_id):
        raise Skipped(Reason.BAD_ID)
    return hashlib.sha256(session_id.encode()).digest()


def sessions_with(connection: Connection, hashes: Sequence[bytes]) -> dict[bytes, Any]:
    """Return the sessions here with these hashes."""
    found: dict[bytes, Any] = {}
    for piece in residents.pieces(hashes):
        rows = connection.execute(select(sessions).where(sessions.c.token_hash.in_(piece)))
        found.update((bytes(row.token_hash), row) for row in rows)
    return found


def update_sessions(connection: Connection, seen_at: Mapping[int, int]) -> None:
    """Set the last activity of sessions that were not used here."""
    if seen_at:
        rows = [{"key": id_, "new_seen_at": seen} for id_, seen in seen_at.items()]
        connection.execute(_UPDATE_SESSION, rows)


def make_room(connection: Connection, resident: Resident, terms: Terms) -> bool:
    """Remove a temporary user whose time is up; return whether the name is free then."""
    if resident.registered or resident.seen_at + terms.lifetimes.temporary_session > terms.now:
        return False
    players_statements.remove(connection, resident.id)
    return True


def _bring_accounts(connection: Connection, rows: Rows, terms: Terms, tally: Tally) -> None:
    here = residents.find(connection, [row.name for row in rows])
    rated = _rated(connection, here)
    new, changed = [], []
    for row in rows:
        tally.read += 1
        try:
            wanted = _account(row, terms)
            resident = here.get(row.name)
            if resident is not None and make_room(connection, resident, terms):
                resident = None
            if resident is None:
                new.append({"name": row.name, "registered": True, **wanted})
                continue
            _check_unused(resident, rated)
        except Skipped as skipped:
            tally.skip(skipped.reason)
            continue
        if not resident.untouched:  # keep the sign that it was used
            seen = max(resident.seen_at, wanted["seen_at"])
            wanted.update(created_at=resident.created_at, seen_at=seen)
        if all(wanted[name] == getattr(resident, name) for name in _CHANGED):
            tally.unchanged += 1
        else:
            changed.append(
                {"key": resident.id, **{f"new_{name}": wanted[name] for name in _CHANGED}}
            )
    if new:
        connection.execute(insert(players), new)
    if changed:
        connection.execute(_UPDATE_PLAYER, changed)
    tally.imported += len(new)
    tally.updated += len(changed)


def _check_unused(resident: Resident, rated: set[int]) -> None:
    """Raise Skipped if he has logged in here, or has a rating of ours."""
    if not resident.has_old_password or resident.id in rated:
        raise Skipped(Reason.IN_USE)


def _account(row: Any, terms: Terms) -> dict[str, Any]:  # noqa: ANN401 - a row of any database
    if not residents.is_name(row.name):
        raise Skipped(Reason.BAD_NAME)
    seen = terms.seen(row.last_seen, terms.lifetimes.account)
    hashed = classic.password_hash(row.pw_hash, row.pw_salt)
    if hashed is None:
        raise Skipped(Reason.BAD_PASSWORD)
    if type(row.elo) is not int:
        raise Skipped(Reason.BAD_RATING)
    return {"password_hash": hashed, "rating": row.elo, "created_at": seen, "seen_at": seen}


def _rated(connection: Connection, here: Mapping[str, Resident]) -> set[int]:
    """Return those who have been rated here."""
    ids = [resident.id for resident in here.values() if resident.has_old_password]
    if not ids:
        return set()
    query = select(rating_changes.c.player_id).where(rating_changes.c.player_id.in_(ids))
    return set(connection.scalars(query.distinct()))


def _bring_sessions(
    connection: Connection, page: Page, rows: Rows, terms: Terms, tally: Tally
) -> None:
    owners = residents.find(
        connection, [*(row.name for row in page.users), *(row.registered_user for row in rows)]
    )
    wanted: dict[bytes, tuple[int, int]] = {}
    still_there: set[bytes] = set()
    for row in rows:
        tally.read += 1
        try:
            hashed = token_hash(row.id)
            still_there.add(hashed)
            owner = _owner(row, owners.get(row.registered_user))
            wanted[hashed] = owner.id, terms.seen(row.last_seen, terms.lifetimes.session)
        except Skipped as skipped:
            tally.skip(skipped.reason)
    _write_sessions(connection, wanted, tally)
    brought = [owner.id for owner in owners.values() if owner.has_old_password]
    tally.removed += _void(connection, brought, still_there)


def _owner(row: Any, resident: Resident | None) -> Resident:  # noqa: ANN401 - a row of any database
    """Return him who may be given this session of the old server."""
    if row.temp_user is not None:
        raise Skipped(Reason.NAMES_BOTH_OR_NEITHER)
    if resident is None or not resident.registered:
        raise Skipped(Reason.NO_SUCH_ACCOUNT)
    if not resident.has_old_password:  # perhaps of somebody else, who registered here
        raise Skipped(Reason.IN_USE)
    return resident


def _write_sessions(
    connection: Connection, wanted: Mapping[bytes, tuple[int, int]], tally: Tally
) -> None:
    here = sessions_with(connection, list(wanted))
    new, changed = [], {}
    for hashed, (player_id, seen) in wanted.items():
        row = here.get(hashed)
        if row is None:
            new.append(
                {"token_hash": hashed, "player_id": player_id, "created_at": seen, "seen_at": seen}
            )
        elif row.player_id != player_id or row.seen_at != row.created_at:
            tally.skip(Reason.IN_USE)
        elif row.seen_at == seen:
            tally.unchanged += 1
        else:
            changed[row.id] = seen
    if new:
        connection.execute(insert(sessions), new)
    update_sessions(connection, changed)
    tally.imported += len(new)
    tally.updated += len(changed)


def _void(connection: Connection, player_ids: list[int], still_there: set[bytes]) -> int:
    """Void what an earlier import has brought and the old server has voided since: whoever logs in
    there ends his older sessions.
    """
    query = select(sessions.c.id, sessions.c.token_hash)
    unused = sessions.c.seen_at == sessions.c.created_at
    voided: list[int] = []
    for piece in residents.pieces(player_ids):
        rows = connection.execute(query.where(sessions.c.player_id.in_(piece), unused))
        voided += [row.id for row in rows if bytes(row.token_hash) not in still_there]
    for piece in residents.pieces(voided):
        connection.execute(delete(sessions).where(sessions.c.id.in_(piece)))
    return len(voided)
