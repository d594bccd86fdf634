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
from uttt.bus.notices import AnalysisAdvanced, AnalysisMade, AnalysisNotMade
from uttt.domain.analysis import Analysis, analyse
from uttt.domain.events import Result
from uttt.domain.match import Fixture, Player, begin
from uttt.domain.refusals import Code, Refused
from uttt.engine.verdict import Limits, Proof, Verdict
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
"""Seconds more than twice those of its searches in which an analysis must be done, or it is given
up: bots are served first.
"""
_PAUSE: Final = 0.5
"""Seconds between two notices of how far an analysis has come."""
_SECOND_LOOK: Final = 5.0
"""How much longer a position is searched that the move played in it has lost for certain: was it
lost before?
"""
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
    address: str
    """Of whoever was the first to ask for it."""
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
    """What the database has of a finished match."""

    fixture: Fixture
    analysis: Analysis | None
    moves: list[int]


class Manner(NamedTuple):
    """How analyses are made, and how many."""

    engine: str
    """The name of engine and net, at most 64 characters."""
    replaces_others: bool
    """Whether what another engine has made is made anew, when somebody asks for it."""
    seconds: float
    """Of search for each position."""
    jobs_at_a_time: int
    jobs_per_address: int
    """That may wait or be under way: so many that others get their turn."""
    per_account: RateLimit
    per_address: RateLimit
    """Of guests, whose names cost nothing, and of those who have not logged in."""
    requests: RateLimit
    """Of each address, for analyses that are there, too: each is a look into the database."""


class Analyst:
    """Analyses matches. `run` must run for anything to be begun."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        thinkers: Thinkers,
        bus: LocalBus,
        clock: Clock,
        manner: Manner,
    ) -> None:
        self._database = database
        self._journal = journal
        self._thinkers = thinkers
        self._bus = bus
        self._clock = clock
        self._manner = manner
        self._jobs: dict[str, _Job] = {}
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue()
        self._failed: OrderedDict[str, Code] = OrderedDict()

    @property
    def patience(self) -> int:
        """Seconds after which somebody without an account may have an analysis begun again."""
        return self._manner.per_address.patience

    async def request(self, public_id: str, asker: Asker) -> Report | Progress:
        """Return the analysis of a finished match; if there is none that is good enough, have it
        made and return how far it has come. Of those who ask, players hear the rest from the bus.

        Raises Refused (UNKNOWN_MATCH, MATCH_RUNNING, TOO_FAST, BUSY) or Unavailable.
        """
        if not self._manner.requests.take(asker.address):
            raise Refused(Code.TOO_FAST)
        job = self._jobs.get(public_id)
        if job is None:
            found = await self._find(public_id)
            if found.analysis is not None and self._is_good_enough(found.analysis):
                return Report(found.fixture, found.analysis)
            job = self._jobs.get(public_id)  # somebody may have been faster
            try:
                job = job or self._begin(found, asker)
            except Refused:
                if found.analysis is None:
                    raise
                return Report(found.fixture, found.analysis)
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
        return Report(found.fixture, found.analysis)

    async def run(self) -> None:
        """Analyse what was asked for, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._manner.jobs_at_a_time):
                tasks.create_task(self._work(), name=f"analyst-{number}")

    def _is_good_enough(self, analysis: Analysis) -> bool:
        return analysis.engine == self._manner.engine or not self._manner.replaces_others

    async def _find(self, public_id: str) -> _Found:
        """Read a finished match. Always from the database: another node may have seen its end."""

        def read(connection: Connection) -> _Found | Refused:
            match = matches.find(connection, public_id)
            # one that is void was over before anything had begun, and is gone for its players
            if match is None or (match.outcome and match.outcome.result is Result.VOID):
                return Refused(Code.UNKNOWN_MATCH)
            if match.outcome is None:
                return Refused(Code.MATCH_RUNNING)
            match_id = match.fixture.id
            analysis = analyses.find(connection, match_id)
            return _Found(match.fixture, analysis, matches.moves_of(connection, match_id))

        found = await self._database.read(read)
        if isinstance(found, Refused):
            raise found
        return found

    def _begin(self, found: _Found, asker: Asker) -> _Job:
        if len(self._jobs) >= _MOST_JOBS:
            raise Refused(Code.BUSY)
        theirs = sum(job.address == asker.address for job in self._jobs.values())
        if theirs >= self._manner.jobs_per_address:
            raise Refused(Code.TOO_FAST, _TOO_MANY)
        player = asker.player
        if player is not None and player.registered:
            may_begin = self._manner.per_account.take(player.name)
        else:
            may_begin = self._manner.per_address.take(asker.address)
        if not may_begin:
            raise Refused(Code.TOO_FAST, _TOO_MANY)
        job = _Job(found.fixture, asker.address, found.moves, _positions(found))
        self._jobs[found.fixture.public_id] = job
        self._failed.pop(found.fixture.public_id, None)
        self._waiting.put_nowait(job)
        return job

    async def _work(self) -> None:
        while True:
            job = await self._waiting.get()
            outcome = await self._carry_out(job)
            del self._jobs[job.fixture.public_id]
            player_ids = frozenset(job.player_ids)
            if isinstance(outcome, Analysis):
                self._bus.publish(AnalysisMade(player_ids, job.fixture, outcome))
            else:
                self._note_failure(job.fixture.public_id, outcome)
                self._bus.publish(AnalysisNotMade(player_ids, job.fixture.public_id, outcome))

    async def _carry_out(self, job: _Job) -> Analysis | Code:
        """Make and keep an analysis, or return why there is none. What fails here is told to those
        who have asked, and harms nobody else.
        """
        fixture = job.fixture
        try:
            async with asyncio.timeout(_PATIENCE + 2 * job.total * self._manner.seconds):
                verdicts = await self._search_all(job)
            analysis = analyse(self._manner.engine, job.positions[0], job.moves, verdicts)
            keep = partial(analyses.keep, match_id=fixture.id, analysis=analysis, now=self._clock())
            await self._journal.write(keep)
        except EngineFailed as failure:
            log.error("analysis_failed", match=fixture.public_id, reason=str(failure))
            return Code.ANALYSIS_FAILED
        except TimeoutError:
            log.warning("analysis_given_up", match=fixture.public_id, done=job.done)
            return Code.BUSY
        except Unavailable as failure:
            log.error("analysis_not_kept", match=fixture.public_id, reason=str(failure))
            return Code.UNAVAILABLE
        except Exception:
            log.exception("analysis_crashed", match=fixture.public_id)
            return Code.INTERNAL
        return analysis

    async def _search_all(self, job: _Job) -> list[Verdict]:
        """Search all positions in which somebody is to move, from the last one on: what was found
        out about the end of the match helps with what came before.
        """
        verdicts: list[Verdict] = []
        for position in reversed(job.positions):
            if position.result is not None:
                continue
            verdict = await self._search(position, self._manner.seconds)
            lost_by_move = verdicts and verdicts[-1].proof is Proof.WIN
            if lost_by_move and verdict.proof is None:
                verdict = await self._search(position, _SECOND_LOOK * self._manner.seconds)
            verdicts.append(verdict)
            job.done += 1
            self._tell(job)
        return verdicts[::-1]

    async def _search(self, position: Position, seconds: float) -> Verdict:
        limits = Limits(seconds=seconds)
        try:
            return await self._thinkers.search(position, limits)
        except EngineFailed as failure:
            # one process may have come to its end; if the next one does, too, it is no accident
            log.warning("search_repeated", reason=str(failure))
            return await self._thinkers.search(position, limits)

    def _tell(self, job: _Job) -> None:
        now = perf_counter()
        if job.player_ids and now - job.told_at >= _PAUSE:
            job.told_at = now
            self._bus.publish(AnalysisAdvanced(frozenset(job.player_ids), *job.progress))

    def _note_failure(self, public_id: str, code: Code) -> None:
        self._failed[public_id] = code
        if len(self._failed) > _MOST_FAILURES:
            self._failed.popitem(last=False)


def _positions(found: _Found) -> list[Position]:
    positions = [begin(found.fixture).position]
    for move in found.moves:
        positions.append(rules.play(positions[-1], move))
    return positions
