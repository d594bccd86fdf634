"""The tables: their names, their columns and what each column means. No statements.

All times are integers, milliseconds since 1970-01-01 UTC. Ids are never reused, since a running
server may still hold the id of something that has just been deleted.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.mysql import VARBINARY

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is declared INTEGER
Id = BigInteger().with_variant(Integer(), "sqlite")


# MySQL cannot make a key of a BLOB, which a LargeBinary is there
_Hash = LargeBinary(32).with_variant(VARBINARY(32), "mysql")

_ON_MYSQL: Final[dict[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",  # a name is its bytes, as in the other databases
}
_WITHOUT_ROWID: Final[dict[str, Any]] = {**_ON_MYSQL, "sqlite_with_rowid": False}
_NUMBERED: Final[dict[str, Any]] = {**_ON_MYSQL, "sqlite_autoincrement": True}


def _reference(column: str) -> ForeignKey:
    return ForeignKey(column, ondelete="CASCADE")


players = Table(
    "players",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(16), nullable=False, unique=True, comment="folded to lower case"),
    Column("registered", Boolean, nullable=False, comment="account, or temporary user"),
    Column("password_hash", String(255), comment="Argon2id, null for temporary users"),
    Column("rating", Integer, comment="null for temporary users"),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, comment="last activity, written in batches"),
    Index(None, "rating"),
    Index(None, "registered", "seen_at"),
    comment="everybody who holds a name: accounts and temporary users",
    **_NUMBERED,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", _Hash, nullable=False, unique=True, comment="SHA-256"),
    Column("player_id", Id, _reference("players.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True, comment="last activity"),
    comment="what a session id, known to its client only, gives access to",
    **_NUMBERED,
)

friends = Table(
    "friends",
    metadata,
    Column("player_id", Id, _reference("players.id"), primary_key=True),
    Column("friend_id", Id, _reference("players.id"), primary_key=True, index=True),
    comment="one-directional: player_id has friend_id in his list",
    **_WITHOUT_ROWID,
)

matches = Table(
    "matches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("public_id", String(32), nullable=False, unique=True, comment="what clients see"),
    Column("ruleset", String(16), nullable=False),
    Column(
        "player_a", Id, _reference("players.id"), nullable=False, index=True, comment="moves first"
    ),
    Column("player_b", Id, _reference("players.id"), nullable=False, index=True),
    Column("ranked", Boolean, nullable=False, comment="both had accounts at creation"),
    Column("created_at", BigInteger, nullable=False),
    # a pair has one open match, whatever node makes it
    Column(
        "open_pair",
        String(41),
        unique=True,
        comment="'lower id-higher id' of the players while open, then null",
    ),
    # not written at each move: the moves have the truth
    Column(
        "idle_since",
        BigInteger,
        index=True,
        comment="lower bound of the last activity; null when nothing can expire",
    ),
    Column("result", String(10), comment="won, drawn, abandoned, expired, void; null while open"),
    Column("winner", SmallInteger, comment="0 player_a, 1 player_b, null nobody"),
    Column("rated", Boolean, nullable=False, comment="the result changed ratings"),
    Column("ended_at", BigInteger),
    # written as the notation of positions has it, see uttt.rules.notation
    Column(
        "setup",
        String(160),
        comment="the position with which the journal begins; null: the empty board",
    ),
    comment="what is settled about a match; its course is in moves",
    **_NUMBERED,
)

moves = Table(
    "moves",
    metadata,
    Column("match_id", Id, _reference("matches.id"), primary_key=True),
    Column("ply", SmallInteger, primary_key=True, autoincrement=False, comment="from 0"),
    Column(
        "move",
        SmallInteger,
        nullable=False,
        comment="9 * board + cell; -1: the match ended here without a move",
    ),
    Column("at", BigInteger, nullable=False),
    comment="the journal: a match is its moves, and the key is the only lock",
    **_WITHOUT_ROWID,
)

seats = Table(
    "seats",
    metadata,
    Column("player_id", Id, _reference("players.id"), primary_key=True),
    Column("match_id", Id, _reference("matches.id"), primary_key=True, index=True),
    comment="matches that a player is to be shown: open, or finished and not told of",
    **_WITHOUT_ROWID,
)

rating_changes = Table(
    "rating_changes",
    metadata,
    Column("match_id", Id, _reference("matches.id"), primary_key=True),
    Column("player_id", Id, _reference("players.id"), primary_key=True),
    Column("rating_before", Integer, nullable=False),
    Column("rating_after", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "player_id", "at"),
    comment="rating history; its key makes sure that a match counts once",
    **_WITHOUT_ROWID,
)

analyses = Table(
    "analyses",
    metadata,
    Column("match_id", Id, _reference("matches.id"), primary_key=True, autoincrement=False),
    Column("engine", String(64), nullable=False, comment="which engine and net have made it"),
    Column("made_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False, comment="JSON, see uttt.storage.analyses"),
    comment="what an engine says of finished matches; can be made anew, so no backup has it",
    **_ON_MYSQL,
)

rating_counts = Table(
    "rating_counts",
    metadata,
    Column("rating", Integer, primary_key=True, autoincrement=False),
    Column("accounts", Integer, nullable=False, comment="how many have this rating"),
    comment="what a rank is summed up from, so that nobody counts accounts at each login",
    **_WITHOUT_ROWID,
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("version", String(32), nullable=False, comment="of the program"),
    Column("revision", String(32), nullable=False, comment="of the tables that it knows"),
    Column("address", String(255), nullable=False, comment="where it serves"),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, comment="written every few seconds"),
    comment="the servers that run on this database, so that an upgrade can wait for old ones",
    **_WITHOUT_ROWID,
)
