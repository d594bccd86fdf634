"""Analyses of finished matches, on request: who may ask, one job for all who ask, what is kept.

A match that still goes on is never analysed: that would be help for one of its players. Searching
is the business of the thinkers, judging that of the engine, and both know nothing of matches.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from uttt.bus.local import LocalBus
from uttt.bus.notices import AnalysisAdvanced, AnalysisFailed, AnalysisMade
from uttt.domain.analysis import Analysis
from uttt.domain.events import Result
from uttt.domain.match import Fixture, Match, Player
from uttt.domain.refusals import Code, Refused
from uttt.engine.verdict import Limits, Verdict
from uttt.rules import position as rules
from uttt.rules.position import Position
from uttt.service.clock import Clock
from uttt.service.journal import Journal
from uttt.service.limits import RateLimit
from uttt.service.thinkers import EngineFailed, Thinkers
from uttt.storage import analyses, matches
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)
_MOST_JOBS: Final = 50
"""Matches that may wait for their analysis or be in it: some minutes of work for each process."""
_MOST_FAILURES: Final = 100
"""Failures that are remembered for those who look again and again."""
_PATIENCE: Final = 600.0
"""Seconds in which an analysis must be done, or it is given up: bots are served first."""
_PAUSE: Final = 0.5
"""Seconds between two notices of how far an analysis has come."""
_TOO_MANY: Final = "Too many analyses in a short time. Please wait a minute and try again."


class Asker(NamedTuple):
    """Who wants an analysis. `player`: None if nobody has logged in."""

    address: str
    player: Player | None = None


class Progress(NamedTuple):
    """Of a match that is being analysed, `done` of `total` positions are."""

    public_id: str
    done: int
    total: int


class Report(NamedTuple):
    """A match that was analysed."""

    fixture: Fixture
    analysis: Analysis


@dataclass(slots=True)
class _Job:
    """A match that is to be analysed, and the players who have asked for it."""

    fixture: Fixture
    moves: list[int]
    positions: list[Position]
    """Before the first move, and after each."""
    player_ids: set[int] = field(default_factory=set)
    done: int = 0
    told_at: float = 0.0

    @property
    def total(self) -> int:
        """The positions that are to be searched: all in which somebody is to move."""
        return sum(position.result is None for position in self.positions)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return Progress(self.fixture.public_id, self.done, self.total)


class _Found(NamedTuple):
    """What the database has of a finished match. `moves` is left out if there is an analysis that
    is good enough.
    """

    match: Match
    analysis: Analysis | None
    moves: list[int] | None


class AnalysisLimits(NamedTuple):
    """How much analysing is done. `seconds`: of search for each position."""

    seconds: float
    jobs_at_a_time: int
    per_account: RateLimit
    per_address: RateLimit
    """Of guests, whose names cost nothing, and of those who have not logged in."""


class Analyst:
    """Analyses matches. `run` must run for anything to be begun."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        thinkers: Thinkers,
        bus: LocalBus,
        clock: Clock,
        limits: AnalysisLimits,
    ) -> None:
        self._database = database
        self._journal = journal
        self._thinkers = thinkers
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._jobs: dict[str, _Job] = {}
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue()
        self._failed: OrderedDict[str, Code] = OrderedDict()

    async def request(self, public_id: str, asker: Asker) -> Report | Progress:
        """Return the analysis of a finished match; if there is none that is good enough, have it
        made and return how far it has come. The players among those who have asked hear the rest
        from the bus.

        Raises Refused (UNKNOWN_MATCH, MATCH_RUNNING, TOO_FAST, BUSY) or Unavailable.
        """
        job = self._jobs.get(public_id)
        if job is None:
            found = await self._find(public_id)
            if found.analysis is not None and found.moves is None:
                return Report(found.match.fixture, found.analysis)
            job = self._jobs.get(public_id)  # somebody may have been faster
            try:
                job = job or self._begin(found, asker)
            except Refused:
                if found.analysis is None:
                    raise
                return Report(found.match.fixture, found.analysis)
        if asker.player is not None:
            job.player_ids.add(asker.player.id)
        return job.progress

    async def look(self, public_id: str) -> Report | Progress:
        """Return the analysis that there is, or how far it has come; begins nothing.

        Raises Refused (UNKNOWN_MATCH, MATCH_RUNNING, NOT_ANALYSED or why it failed) or Unavailable.
        """
        if (job := self._jobs.get(public_id)) is not None:
            return job.progress
        found = await self._find(public_id)
        if found.analysis is None:
            raise Refused(self._failed.get(public_id, Code.NOT_ANALYSED))
        return Report(found.match.fixture, found.analysis)

    async def run(self) -> None:
        """Analyse what was asked for, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._limits.jobs_at_a_time):
                tasks.create_task(self._work(), name=f"analyst-{number}")
