"""The composition root: builds the parts of a node, runs them in one TaskGroup, closes them."""

import asyncio
import gc
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from uttt import __version__
from uttt.bus.local import LocalBus
from uttt.domain.lifetimes import Lifetimes
from uttt.engine.identity import identity
from uttt.engine.levels import LEVELS
from uttt.engine.search import COMPILED
from uttt.metrics import Metrics
from uttt.service.accounts import Accounts
from uttt.service.analyst import Analyst, Manner
from uttt.service.attendance import Attendance
from uttt.service.bots import Bots
from uttt.service.clock import Clock, system_clock
from uttt.service.friends import Friends
from uttt.service.hall import Hall
from uttt.service.heartbeat import Heartbeat
from uttt.service.journal import Journal
from uttt.service.ladder import Ladder
from uttt.service.limits import RateLimit
from uttt.service.lobby import Lobby
from uttt.service.offers import Offers
from uttt.service.passwords import Passwords
from uttt.service.processors import default_workers
from uttt.service.referee import Referee
from uttt.service.roster import Roster
from uttt.service.services import Services
from uttt.service.sweeps import Sweeps
from uttt.service.thinkers import Pool, Thinkers
from uttt.service.told import Told
from uttt.settings import Settings
from uttt.storage import nodes, schema
from uttt.storage.backends import open_database
from uttt.storage.failures import Unavailable
from uttt.storage.nodes import NodeInfo
from uttt.web.addresses import Addresses
from uttt.web.api import Api
from uttt.web.audience import Audience
from uttt.web.connection import ConnectionLimits
from uttt.web.health import Health
from uttt.web.http import Site
from uttt.web.server import CannotListen, Server

__all__ = ["CannotListen", "serve"]

log = structlog.get_logger(__name__)
_COLLECTIONS: Final = (2_000, 5, 1_000)
"""Objects more than before, and how many times that, before garbage is looked for among the young,
the older and all.
"""

_JOBS_PER_ADDRESS: Final = 5
"""Analyses that one address may have waiting: a tenth of all that may wait."""


class Node:
    """One server process: all parts, wired."""

    def __init__(self, settings: Settings, info: NodeInfo) -> None:
        lifetimes = lifetimes_of(settings)
        clock = system_clock
        self.bus = LocalBus()
        self.metrics = Metrics()
        self.database = open_database(make_url(settings.database_url))
        self.passwords = Passwords(settings.password_threads)
        self.heartbeat = Heartbeat(self.database, info, clock, self.metrics)
        self.journal = Journal(self.database, self.heartbeat, self.metrics)
        self.told = Told(self.journal)
        hall = Hall(self.database, self.told)
        ladder = Ladder(self.database, clock)
        self.referee = Referee(
            hall, self.journal, self.told, self.bus, ladder, clock, settings.elo_k
        )
        self.roster = Roster(
            self.journal, clock, LEVELS if settings.bots else (),
            rated=settings.bots_rated, most_open=settings.bot_matches,
        )  # fmt: skip
        accounts = Accounts(
            self.database, self.journal, self.passwords, hall, ladder, self.bus, clock,
            settings.elo_start,
        )  # fmt: skip
        self.lobby = Lobby(
            hall, self.journal, self.bus, clock, self.roster, settings.max_open_matches
        )
        self.attendance = Attendance(hall, self.lobby, self.journal, self.bus, clock, lifetimes)
        self.sweeps = Sweeps(
            self.database, self.journal, self.referee, accounts, self.attendance, clock, lifetimes,
            settings.check_interval.total_seconds(),
        )  # fmt: skip
        self.thinkers = Thinkers(_pool(settings), self.metrics)
        self.bots = Bots(
            self.roster, hall, self.referee, self.thinkers, self.database, self.bus, clock,
            self.metrics, delay=settings.bot_delay.total_seconds(), chance=secrets.SystemRandom(),
        )  # fmt: skip
        self.offers = Offers(
            self.lobby, self.roster, hall, self.database, self.bus, clock,
            after=round(settings.bot_offer_after.total_seconds() * 1000), fill=settings.bot_fill,
        )  # fmt: skip
        requests = RateLimit(
            settings.api_requests_per_minute_per_address, clock, enabled=settings.rate_limits
        )
        manner = _manner(settings, clock, requests)
        self.analyst = Analyst(self.database, self.journal, self.thinkers, self.bus, clock, manner)
        self._offers_bots = settings.bots and settings.bot_offer
        self.services = Services(
            accounts=accounts,
            analyst=self.analyst,
            attendance=self.attendance,
            clock=clock,
            friends=Friends(self.database, self.journal, self.bus, self.roster),
            hall=hall,
            ladder=ladder,
            lifetimes=lifetimes,
            lobby=self.lobby,
            logins_per_address=RateLimit(
                settings.logins_per_minute_per_address, clock, enabled=settings.rate_limits
            ),
            logins_per_name=RateLimit(
                settings.logins_per_minute_per_name, clock, enabled=settings.rate_limits
            ),
            referee=self.referee,
            roster=self.roster,
        )
        audience = Audience(clock, lifetimes)
        self.bus.subscribe(audience.hear)
        health = Health(self.database, self.heartbeat)
        self.server = _server(settings, self.services, audience, health, self.metrics, requests)

    async def run(self, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
        """Serve until `stop` is set. Calls `ready` with the address as soon as clients may come.

        Raises CannotListen. If one of the parts dies the whole node stops with its exception.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.journal.run(), name="journal")
            beat = self.heartbeat.run(self.referee.refresh, self.referee.tell)
            loops = [tasks.create_task(beat, name="heartbeat")]
            parts = (
                *(self.lobby, self.attendance, self.sweeps, self.told),
                *(self.analyst, self.thinkers),  # the one who asks ends before those who answer
            )
            loops += [
                tasks.create_task(part.run(), name=type(part).__name__.lower()) for part in parts
            ]
            loops.append(tasks.create_task(self.server.ping(), name="pings"))
            try:
                await self.roster.admit()
                loops.append(tasks.create_task(self.bots.run(), name="bots"))
                if self._offers_bots:
                    loops.append(tasks.create_task(self.offers.run(), name="offers"))
                ready(await self.server.start())
                await stop.wait()
                log.info("stopping")
            finally:
                await self.server.stop()
                for loop in loops:
                    loop.cancel()
                with suppress(Unavailable):
                    await self.attendance.renew()
                with suppress(Unavailable):
                    await self.told.write()
                with suppress(Unavailable):
                    await self.heartbeat.end()
                self.journal.close()

    async def close(self) -> None:
        """Close what `__init__` opened."""
        await asyncio.to_thread(self.passwords.close)
        await self.database.close()


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Run a node until SIGTERM or SIGINT; SIGHUP loads the certificate anew.

    Raises SchemaMismatch, CannotListen, Unavailable, or whatever killed one of the parts.
    """
    now = system_clock()
    info = NodeInfo(secrets.token_hex(8), __version__, schema.head(), _address(settings), now)

    def enter(connection: Connection) -> None:
        nodes.forget_silent(connection, now)
        nodes.note(connection, info, now)

    if await asyncio.to_thread(schema.prepare, make_url(settings.database_url), enter):
        log.info("tables_created")
    _warn_of_slow_engine()
    node = Node(settings, info)
    if settings.metrics_port:
        try:
            node.metrics.serve(settings.metrics_host, settings.metrics_port)
        except OSError as error:
            place = f"{settings.metrics_host} port {settings.metrics_port}"
            message = f"cannot show metrics on {place}: {error.strerror or error}"
            raise CannotListen(message) from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, node.server.reload_certificate)
    _spare_collections()
    try:
        await node.run(stop, ready)
    finally:
        await node.close()
    log.info("stopped")


def _warn_of_slow_engine() -> None:
    if not COMPILED:
        log.warning(
            "engine_not_compiled",
            meaning="strong bots play weakly, and analyses take long and find less",
            mend="install a C compiler and the headers of Python, then install uttt again",
        )


def _spare_collections() -> None:
    """Have Python look for garbage in cycles less often, and not among what was there at the start.

    A full collection stops everything: 40 ms at the start, 100 ms with 10,000 connections. Neither
    moves nor connections leave cycles behind, so that there is nearly nothing to be found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)


def _pool(settings: Settings) -> Pool:
    return Pool(
        workers=settings.engine_processes or default_workers(),
        megabytes=settings.engine_memory >> 20,
        grace=settings.engine_patience.total_seconds(),
        idle=settings.engine_idle.total_seconds(),
    )


def _manner(settings: Settings, clock: Clock, requests: RateLimit) -> Manner:
    return Manner(
        engine=identity(__version__),
        replaces_others=COMPILED,
        seconds=settings.analysis_time.total_seconds(),
        # as many as search at a time
        jobs_at_a_time=max(1, _pool(settings).workers - 1),
        jobs_per_address=_JOBS_PER_ADDRESS if settings.rate_limits else sys.maxsize,
        per_account=RateLimit(
            settings.analyses_per_minute_per_account, clock, enabled=settings.rate_limits
        ),
        per_address=RateLimit(
            settings.analyses_per_minute_per_address, clock, enabled=settings.rate_limits
        ),
        requests=requests,
    )


def _address(settings: Settings) -> str:
    return f"{settings.host or socket.gethostname()}:{settings.port}"


def lifetimes_of(settings: Settings) -> Lifetimes:
    """Return how long things live, in ms, as the settings have it."""
    account, session, temporary_session, match = (
        round(lifetime.total_seconds() * 1000)
        for lifetime in (
            settings.account_lifetime,
            settings.session_lifetime,
            settings.temporary_session_lifetime,
            settings.match_lifetime,
        )
    )
    return Lifetimes(account, session, temporary_session, match)


def _server(
    settings: Settings, services: Services, audience: Audience, health: Health, metrics: Metrics,
    requests: RateLimit,
) -> Server:  # fmt: skip
    limits = ConnectionLimits(
        message_size=settings.message_size,
        messages_per_second=settings.messages_per_second if settings.rate_limits else None,
        messages_burst=settings.messages_burst,
        outbox_size=settings.outbox_size,
        login_timeout=settings.login_timeout.total_seconds(),
        ping_interval=settings.ping_interval.total_seconds(),
    )
    per_address = settings.connections_per_address if settings.rate_limits else None
    addresses = Addresses(settings.trusted_proxies)
    api = Api(services.analyst, addresses, requests)
    site = Site(services, audience, health, api, addresses, metrics, limits, per_address)
    certificate = None
    if settings.certificate is not None and settings.key is not None:
        certificate = (settings.certificate, settings.key)
    stop_timeout = settings.shutdown_timeout.total_seconds()
    return Server(
        site,
        settings.host,
        settings.port,
        certificate,
        request_timeout=settings.login_timeout.total_seconds(),
        stop_timeout=stop_timeout,
    )
