"""Statements about nodes: which servers run on this database, and of which version."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from uttt.storage.tables import moves, nodes

SEEN_AT_LEAST_EVERY: Final = 60_000
"""Milliseconds without a sign after which a node is taken to be gone. It writes far more often."""

_NO_MATCH: Final = 0
"""An id that no match has."""


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A server process. `revision` is that of the tables that it knows."""

    id: str
    version: str
    revision: str
    address: str
    started_at: int


def note(connection: Connection, node: NodeInfo, now: int) -> None:
    """Note that a node serves, and find out whether it can: this fails when moves would fail."""
    connection.execute(delete(moves).where(moves.c.match_id == _NO_MATCH))
    updated = connection.execute(
        update(nodes).where(nodes.c.id == node.id).values(seen_at=now, address=node.address)
    )
    if updated.rowcount:
        return
    row = {
        "id": node.id,
        "version": node.version,
        "revision": node.revision,
        "address": node.address,
        "started_at": node.started_at,
        "seen_at": now,
    }
    # what it wrote before may have been given up, and be stored just now all the same
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(nodes).values(row))


def forget(connection: Connection, node_id: str) -> None:
    """Note that a node serves no longer."""
    connection.execute(delete(nodes).where(nodes.c.id == node_id))


def forget_silent(connection: Connection, now: int) -> None:
    """Forget the nodes that have been killed."""
    connection.execute(delete(nodes).where(nodes.c.seen_at < now - SEEN_AT_LEAST_EVERY))


def serving(connection: Connection, now: int) -> Sequence[NodeInfo]:
    """Return the nodes that serve, or did so less than a minute ago and did not end properly."""
    rows = connection.execute(
        select(nodes).where(nodes.c.seen_at >= now - SEEN_AT_LEAST_EVERY).order_by(nodes.c.id)
    )
    return [
        NodeInfo(row.id, row.version, row.revision, row.address, row.started_at) for row in rows
    ]
