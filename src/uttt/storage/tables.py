"""The tables: their names, their columns and what each column means. No statements.

All times are integers, milliseconds since 1970-01-01 UTC. Ids are never reused, since a running
server may still hold the id of something that has just been deleted.
"""

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
)

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
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True, comment="SHA-256"),
    Column("player_id", Id, _reference("players.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True, comment="last activity"),
    comment="what a session id, known to its client only, gives access to",
    sqlite_autoincrement=True,
)

friends = Table(
    "friends",
    metadata,
    Column("player_id", Id, _reference("players.id"), primary_key=True),
    Column("friend_id", Id, _reference("players.id"), primary_key=True, index=True),
    comment="one-directional: player_id has friend_id in his list",
    sqlite_with_rowid=False,
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
    comment="what is settled about a match; its course is in moves",
    sqlite_autoincrement=True,
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
    sqlite_with_rowid=False,
)

seats = Table(
    "seats",
    metadata,
    Column("player_id", Id, _reference("players.id"), primary_key=True),
    Column("match_id", Id, _reference("matches.id"), primary_key=True, index=True),
    comment="matches that a player is to be shown: open, or finished and not told of",
    sqlite_with_rowid=False,
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
    sqlite_with_rowid=False,
)
