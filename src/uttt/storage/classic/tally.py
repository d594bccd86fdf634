"""What an import goes by, what it counts, and why it leaves rows out. No statements."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final

from uttt.domain.lifetimes import Lifetimes

SECOND: Final = 1000


class Reason(StrEnum):
    """Why a row is left out. Faults of match states have their own words."""

    EXPIRED = "expired"
    IN_USE = "in use here"
    BAD_NAME = "its name is not allowed"
    BAD_PASSWORD = "its password hash cannot be read"  # noqa: S105 - not a password
    BAD_RATING = "its rating is not a number"
    BAD_ID = "its id cannot be read"
    BAD_TIME = "its time cannot be read"
    BAD_RANKED = "ranked is neither 0 nor 1"
    NAMES_BOTH_OR_NEITHER = "names an account and a temporary user, or neither"
    NAME_TAKEN = "somebody else has its name"
    NO_SUCH_ACCOUNT = "its account was not imported"
    NO_SUCH_PLAYER = "a player was not imported"
    NO_ACCOUNT_BUT_RANKED = "ranked, but a player has no account"
    OTHER_PLAYERS = "its state names other players"
    SAME_PLAYER = "both players are the same"
    OWN_FRIEND = "friend of oneself"
    DUPLICATE = "there twice"
    PAIR_IS_PLAYING = "the pair has a newer open match"


class Skipped(Exception):
    """A row is left out; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Tally:
    """The account of one kind of row: each row that was read counts under one of the others.

    `removed` are rows of ours that an earlier import had brought and the source has no longer.
    """

    read: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str) -> None:
        """Count a row that is left out."""
        self.skipped[str(reason)] += 1


@dataclass
class Tallies:
    """One account per kind. `sessions` are those of accounts; `guests` come with theirs."""

    accounts: Tally = field(default_factory=Tally)
    sessions: Tally = field(default_factory=Tally)
    guests: Tally = field(default_factory=Tally)
    friends: Tally = field(default_factory=Tally)
    matches: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Terms:
    """What an import goes by. `now` in ms UTC; `zone` of the old server, None: of this machine."""

    now: int
    lifetimes: Lifetimes
    elo_k: int
    zone: tzinfo | None
    advance: Callable[[str, int], None]
    """Told the table and how many more of its rows are done."""

    def seen(self, local: object, lifetime: int) -> int:
        """Return the last activity in ms UTC. Raises Skipped if unreadable or too long ago.

        When clocks are put back an hour comes twice; its times are taken for the later ones, so
        that nothing expires too early. A time to come is taken for now.
        """
        if not isinstance(local, datetime):
            raise Skipped(Reason.BAD_TIME)
        try:
            seen = max(self._utc(local.replace(fold=fold, microsecond=0)) for fold in (0, 1))
        except (ValueError, OverflowError, OSError):
            raise Skipped(Reason.BAD_TIME) from None
        seen = min(seen, self.now // SECOND * SECOND)
        if seen + lifetime <= self.now:
            raise Skipped(Reason.EXPIRED)
        return seen

    def _utc(self, local: datetime) -> int:
        # without a zone `timestamp` takes it for a time of this machine
        moment = local if self.zone is None else local.replace(tzinfo=self.zone).astimezone(UTC)
        return int(moment.timestamp()) * SECOND
