"""The settings: their names, types, defaults and a sentence on each for hosts.

One field is one setting in every source: `port` in the TOML file, `UTTT_PORT` in the environment,
`--port` on the command line. Where values come from is the business of `sources`; constructing
`Settings` reads nothing but its arguments.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from uttt.settings.values import (
    DatabaseUrl,
    Duration,
    Host,
    Networks,
    Rate,
    ReadableFile,
    Size,
    Switch,
    one_of,
    size,
    whole,
)

SECRETS = frozenset({"database_url"})
"""Settings whose values never appear in a message."""

_MANY = 1_000_000
_KIB = 1 << 10
_MIB = 1 << 20


def _about(sentence: str) -> object:
    return Field(description=sentence)


class Settings(BaseModel, frozen=True):
    """What the host decided. Immutable and hashable; durations are `timedelta`, sizes bytes.

    Constructing it checks the values and raises pydantic's `ValidationError`; hosts get the
    one-line messages of `uttt.settings.load`.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    host: Annotated[
        Host,
        _about("Address or name of the interface to listen on; empty means all, IPv4 and IPv6."),
    ] = ""
    port: Annotated[
        int,
        whole(0, 65535),
        _about("TCP port for WebSocket and HTTP; 0 takes any free port."),
    ] = 5556
    certificate: Annotated[
        ReadableFile,
        _about("PEM file with the TLS certificate chain; with `key` it turns on TLS."),
    ] = None
    key: Annotated[
        ReadableFile,
        _about("PEM file with the private key of `certificate`."),
    ] = None
    database_url: Annotated[
        DatabaseUrl,
        _about(
            "The database: `sqlite:///relative.db` (from the working directory) or "
            "`sqlite:////absolute.db`, `postgresql://user:password@host/name`, "
            "`mariadb://user:password@host/name` or `mysql://...`."
        ),
    ] = "sqlite:///uttt.db"

    elo_start: Annotated[
        int,
        whole(0, 10_000),
        _about("Rating of a new account."),
    ] = 1000
    elo_k: Annotated[
        int,
        whole(1, 1000),
        _about("Greatest change of a rating by one match (the K of Elo's formula)."),
    ] = 20
    account_lifetime: Annotated[
        Duration,
        _about("An account that nobody logged in to for this long is removed."),
    ] = timedelta(days=45)
    session_lifetime: Annotated[
        Duration,
        _about("A session of an account ends this long after its last use."),
    ] = timedelta(days=20)
    temporary_session_lifetime: Annotated[
        Duration,
        _about(
            "A session without an account ends, and frees its name, this long after its last use."
        ),
    ] = timedelta(hours=1)
    match_lifetime: Annotated[
        Duration,
        _about("A match expires this long after its last move."),
    ] = timedelta(days=7)
    check_interval: Annotated[
        Duration,
        _about("Time between two sweeps for what has expired."),
    ] = timedelta(hours=1)
    max_open_matches: Annotated[
        int,
        whole(1, _MANY),
        _about("Open matches that one player may have at a time."),
    ] = 5

    bots: Annotated[
        Switch,
        _about("Whether there are bots, computer players whom everybody can invite by name."),
    ] = True
    bots_rated: Annotated[
        Switch,
        _about("Whether bots have ratings, and matches of accounts against them count."),
    ] = False
    bot_matches: Annotated[
        int,
        whole(1, _MANY),
        _about("Open matches that one bot may have at a time."),
    ] = 1000
    bot_delay: Annotated[
        Duration,
        _about("Time that a bot takes for a move of average difficulty, as a person would."),
    ] = timedelta(seconds=1)
    bot_offer: Annotated[
        Switch,
        _about("Whether who looks for anybody and waits in vain is offered a bot."),
    ] = True
    bot_offer_after: Annotated[
        Duration,
        _about("Time that he waits until then."),
    ] = timedelta(seconds=20)
    bot_fill: Annotated[
        Switch,
        _about(
            "Whether he gets a bot without being asked if his client cannot ask him, "
            "as the classic one cannot. Such a match never counts."
        ),
    ] = True
    engine_processes: Annotated[
        int,
        whole(0, 256),
        _about(
            "Processes of low priority in which bots think and games are analysed; "
            "0: as many as there are processor cores, less one, and four at the most."
        ),
    ] = 0
    engine_memory: Annotated[
        Size,
        size(_MIB, 4096 * _MIB),
        _about("Memory in which each of them remembers positions."),
    ] = 16 * _MIB
    engine_patience: Annotated[
        Duration,
        _about("Time beyond what a search may take after which its process is ended."),
    ] = timedelta(seconds=10)
    engine_idle: Annotated[
        Duration,
        _about("Time after which a process that nobody needs is ended."),
    ] = timedelta(minutes=1)

    rate_limits: Annotated[
        Switch,
        _about("Whether messages, logins and connections are limited at all (`on` or `off`)."),
    ] = True
    message_size: Annotated[
        Size,
        size(256, 64 * _MIB),
        _about("Greatest message that a client may send; a longer one is refused."),
    ] = 64 * _KIB
    messages_per_second: Annotated[
        Rate,
        _about("Messages that one connection may send per second in the long run."),
    ] = 20.0
    messages_burst: Annotated[
        int,
        whole(1, _MANY),
        _about("Messages that one connection may send at once before that rate applies."),
    ] = 60
    logins_per_minute_per_address: Annotated[
        int,
        whole(1, _MANY),
        _about("Logins that one IP address may try per minute, and at once."),
    ] = 60
    logins_per_minute_per_name: Annotated[
        int,
        whole(1, _MANY),
        _about("Logins that may fail per minute for one name, from wherever they come."),
    ] = 10
    analyses_per_minute_per_account: Annotated[
        int,
        whole(1, _MANY),
        _about("Analyses of matches that one account may have made per minute, and at once."),
    ] = 6
    analyses_per_minute_per_address: Annotated[
        int,
        whole(1, _MANY),
        _about(
            "The same for all guests of one IP address together and for the JSON API, where nobody "
            "logs in."
        ),
    ] = 3
    api_requests_per_minute_per_address: Annotated[
        int,
        whole(1, _MANY),
        _about(
            "Requests to the JSON API, and requests for analyses in messages, that one IP address "
            "may make per minute, and at once."
        ),
    ] = 120
    connections_per_address: Annotated[
        int,
        whole(1, _MANY),
        _about("Connections that one IP address may hold open."),
    ] = 200
    login_timeout: Annotated[
        Duration,
        _about("A connection that has not logged in after this time is closed."),
    ] = timedelta(seconds=30)
    outbox_size: Annotated[
        Size,
        size(64 * _KIB, 1024 * _MIB),
        _about("Undelivered bytes after which a connection that does not read is closed."),
    ] = _MIB
    ping_interval: Annotated[
        Duration,
        _about("Time between two pings that find out whether a client is still there."),
    ] = timedelta(seconds=30)
    password_threads: Annotated[
        int,
        whole(1, 64),
        _about("Threads that hash passwords, so processor cores that logins may take up."),
    ] = 1
    trusted_proxies: Annotated[
        Networks,
        _about(
            "Networks of reverse proxies whose `X-Forwarded-For` header is believed, "
            "comma-separated."
        ),
    ] = ()

    analysis_time: Annotated[
        Duration,
        _about(
            "Time for which each position of a match is searched in its analysis; a match has up "
            "to 82."
        ),
    ] = timedelta(milliseconds=200)

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        one_of("debug", "info", "warning", "error"),
        _about("Least level that is logged: `debug`, `info`, `warning` or `error`."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"],
        one_of("auto", "text", "json"),
        _about("`text` for people, `json` for machines, `auto` for text only on a terminal."),
    ] = "auto"
    metrics_port: Annotated[
        int,
        whole(0, 65535),
        _about("TCP port on which Prometheus may read `/metrics`; 0 means none."),
    ] = 0
    metrics_host: Annotated[
        Host,
        _about("Address to listen on for `metrics_port`; by default this machine alone may read."),
    ] = "127.0.0.1"
    shutdown_timeout: Annotated[
        Duration,
        _about("Time that connections get to finish when the server stops."),
    ] = timedelta(seconds=5)

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        for given, missing in (("certificate", "key"), ("key", "certificate")):
            if getattr(self, given) and not getattr(self, missing):
                raise PydanticCustomError(
                    "setting",
                    "is given without {missing}: TLS needs both, certificate and key",
                    {"setting": given, "missing": missing},
                )
        return self

    def printable(self) -> dict[str, str]:
        """Every setting as text that may be shown and that `load` would read as the same value
        (save a password in `database_url`, which is masked). Not set is the empty text."""
        dumped = self.model_dump(mode="json")
        return {name: "" if value is None else str(value) for name, value in dumped.items()}

    def __repr_args__(self) -> list[tuple[str | None, str]]:
        """Keeps the password out of `repr` and `str`."""
        return list(self.printable().items())
