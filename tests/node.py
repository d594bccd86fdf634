"""The parts of a node below the sockets, on a SQLite file, with a clock that the test turns.

Wired as `uttt.app` wires them, but with passwords that cost nothing. What the bus tells is kept in
`heard`, and nothing here knows connections.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from uttt.bus.local import LocalBus
from uttt.bus.notices import Notice
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match, Player
from uttt.engine.search import Engine
from uttt.engine.verdict import Limits, Verdict
from uttt.metrics import Metrics
from uttt.rules.position import Position
from uttt.rules.rulesets import STANDARD, Ruleset
from uttt.service.accounts import Accounts, Login
from uttt.service.analyst import Analyst, Manner
from uttt.service.attendance import Attendance
from uttt.service.friends import Friends
from uttt.service.hall import Hall
from uttt.service.heartbeat import Heartbeat
from uttt.service.journal import Journal
from uttt.service.ladder import Ladder
from uttt.service.limits import RateLimit
from uttt.service.lobby import Lobby
from uttt.service.referee import Referee
from uttt.service.roster import Roster
from uttt.service.services import Services
from uttt.service.sweeps import Sweeps
from uttt.service.told import Told
from uttt.storage import players
from uttt.storage.backends import open_database
from uttt.storage.nodes import NodeInfo
from uttt.storage.schema import prepare
from uttt.storage.work import NewMatch

START = 1_900_000_000_000
"""Where the clocks of tests start, ms UTC: 2030-03-17."""
HOUR = 3_600_000
DAY = 24 * HOUR
LIFETIMES = Lifetimes(
    account=45 * DAY, session=20 * DAY, temporary_session=HOUR, match=7 * DAY
)  # fmt: skip


class TestClock:
    """A clock that stands still unless the test turns it."""

    __test__ = False

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class PlainPasswords:
    """Stands for Argon2id where its cost is of no interest. `checked` has every verification."""

    def __init__(self) -> None:
        self.checked: list[tuple[str, str | None]] = []

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return f"plain {password}"

    async def verify(self, password: str, stored: str | None) -> str | None:
        self.checked.append((password, stored))
        await asyncio.sleep(0)
        return stored if stored == f"plain {password}" else None


class Thinker:
    """Stands for the pool of processes: looks one ply ahead, at once, unless `gate` is closed.

    `asked` has every position, `fails` is how often it is to fail before that.
    """

    def __init__(self) -> None:
        self.asked: list[Position] = []
        self.seconds: list[float | None] = []
        self.fails: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._engine = Engine()

    async def search(self, position: Position, limits: Limits) -> Verdict:
        self.asked.append(position)
        self.seconds.append(limits.seconds)
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.fails:
            raise self.fails.pop(0)
        return self._engine.search(position, Limits(depth=1))


@cache
def _empty_tables() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "empty.db"
        prepare(make_url(f"sqlite:///{path}"))
        return path.read_bytes()


def new_database(directory: Path, name: str = "uttt.db") -> str:
    """Make a database file with empty tables; return its URL."""
    path = directory / name
    path.write_bytes(_empty_tables())
    return f"sqlite:///{path}"


class Node:
    """What `uttt.app.Node` builds, without the sockets."""

    def __init__(
        self,
        url: str,
        clock: TestClock | None = None,
        *,
        max_open: int = 5,
        logins_per_name: int | None = None,
        logins_per_address: int | None = None,
        analyses_per_account: int | None = None,
        analyses_per_address: int | None = None,
        jobs_per_address: int = 50,
        analysis_requests: int | None = None,
        engine: str = "an engine",
        replaces_others: bool = True,
    ) -> None:
        self.clock = clock or TestClock()
        self.heard: list[Notice] = []
        self.database = open_database(make_url(url))
        self.metrics = Metrics()
        info = NodeInfo("node", "0", "0", "here", self.clock())
        self.heartbeat = Heartbeat(self.database, info, self.clock, self.metrics)
        self.journal = Journal(self.database, self.heartbeat, self.metrics)
        self.bus = LocalBus()
        self.bus.subscribe(self.heard.append)
        self.told = Told(self.journal)
        self.hall = Hall(self.database, self.told)
        self.ladder = Ladder(self.database, self.clock)
        self.passwords: Any = PlainPasswords()
        self.referee = Referee(
            self.hall, self.journal, self.told, self.bus, self.ladder, self.clock, 20
        )
        self.roster = Roster(self.journal, self.clock)
        self.accounts = Accounts(
            self.database, self.journal, self.passwords, self.hall, self.ladder, self.bus,
            self.clock, 1000,
        )  # fmt: skip
        self.lobby = Lobby(self.hall, self.journal, self.bus, self.clock, self.roster, max_open)
        self.attendance = Attendance(
            self.hall, self.lobby, self.journal, self.bus, self.clock, LIFETIMES
        )
        self.sweeps = Sweeps(
            self.database, self.journal, self.referee, self.accounts, self.attendance, self.clock,
            LIFETIMES, 3600,
        )  # fmt: skip
        self.thinker: Any = Thinker()
        self.analyst = Analyst(
            self.database, self.journal, self.thinker, self.bus, self.clock,
            Manner(
                engine=engine,
                replaces_others=replaces_others,
                seconds=0.2,
                jobs_at_a_time=1,
                jobs_per_address=jobs_per_address,
                per_account=_limit(analyses_per_account, self.clock),
                per_address=_limit(analyses_per_address, self.clock),
                requests=_limit(analysis_requests, self.clock),
            ),
        )  # fmt: skip
        self.services = Services(
            accounts=self.accounts,
            analyst=self.analyst,
            attendance=self.attendance,
            clock=self.clock,
            friends=Friends(self.database, self.journal, self.bus, self.roster),
            hall=self.hall,
            ladder=self.ladder,
            lifetimes=LIFETIMES,
            lobby=self.lobby,
            logins_per_address=_limit(logins_per_address, self.clock),
            logins_per_name=_limit(logins_per_name, self.clock),
            referee=self.referee,
            roster=self.roster,
        )
        self._journal_task: asyncio.Task[None] | None = None
        self.lobby_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the journal, the lobby and the analyst."""
        self._journal_task = asyncio.create_task(self.journal.run())
        self.lobby_task = asyncio.create_task(self.lobby.run())
        self.analyst_task = asyncio.create_task(self.analyst.run())
        beat = self.heartbeat.run(self.referee.refresh, self.referee.tell)
        self._heartbeat_task = asyncio.create_task(beat)
        await self.settle()  # the first beat is written by then

    async def stop(self) -> None:
        """Write what waits and close the file."""
        assert self._journal_task is not None
        assert self.lobby_task is not None
        tasks = (self.lobby_task, self.analyst_task, self._heartbeat_task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.journal.close()
        await asyncio.wait_for(self._journal_task, 10)
        await self.database.close()

    async def settle(self) -> None:
        """Wait until what was asked for before is written, and all who waited have been heard."""
        for _ in range(3):
            await self.journal.write(lambda _: None)
        await self.told.write()

    async def player(self, name: str, *, registered: bool = False) -> Player:
        """Add somebody who is not connected."""
        hashed, rating = ("plain secret", 1000) if registered else (None, None)
        return await self.journal.write(
            lambda c: players.create(c, name, hashed, rating, self.clock())
        )

    async def join(self, name: str, *, registered: bool = False) -> Login:
        """Log somebody new in and connect him."""
        login = await self.accounts.login(name, "secret" if registered else "")
        await self.attendance.enter(login)
        return login

    async def match(
        self, first: Player, second: Player, ruleset: Ruleset = STANDARD, public_id: str = ""
    ) -> Match:
        """Make a match, as the lobby does."""
        new = NewMatch(public_id or f"{first.name}-{second.name}", ruleset, (first, second),
                       self.clock(), 5)  # fmt: skip
        match = await self.journal.open(new)
        self.hall.add(match)
        return match


def _limit(per_minute: int | None, clock: TestClock) -> RateLimit:
    return RateLimit(per_minute or 1, clock, enabled=per_minute is not None)


@asynccontextmanager
async def running_node(directory: Path, **options: Any) -> AsyncIterator[Node]:
    """A node on a new database."""
    node = Node(new_database(directory), **options)
    await node.start()
    try:
        yield node
    finally:
        await node.stop()
